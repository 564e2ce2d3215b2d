import { describe, expect, test } from "@jest/globals";
import type { App } from "../../src/apps/Apps.js";
import { environmentApps } from "../../src/apps/environmentApps.js";
import { fixedApp } from "../../src/apps/fixedApp.js";
import { StaticApps } from "../../src/apps/StaticApps.js";

const shop: App = {
	id: "shop",
	bot: { url: "https://bot.example/x", key: "k", name: "Bean" },
	widget: { color: "#fff" },
};
const bank: App = { id: "bank" };
const invalid = (message: string | RegExp) =>
	expect.objectContaining({ code: "configuration_invalid", message: expect.stringMatching(message) });

describe("StaticApps", () => {
	test("finds an app by its id", async () => {
		const apps = new StaticApps([shop, bank]);
		expect(await apps.get("shop")).toEqual(shop);
		expect(await apps.get("bank")).toEqual(bank);
		expect(await apps.list()).toEqual([shop, bank]);
		for (const id of ["gone", "", "__proto__", "SHOP"]) expect(await apps.get(id)).toBeUndefined();
	});

	test("without an id: the only app, or the default one", async () => {
		expect(await new StaticApps([bank]).get(undefined)).toEqual(bank);
		expect(await new StaticApps([shop, bank]).get(undefined)).toBeUndefined();
		expect(await new StaticApps([shop, bank], { default: "bank" }).get(undefined)).toEqual(bank);
		expect(await new StaticApps([]).get(undefined)).toBeUndefined();
	});

	test.each<[string, unknown[], RegExp]>([
		["an id that can't be a key's beginning", [{ id: "a/b" }], /^apps, 0\.id: may hold letters/],
		["two of one id", [bank, bank], /bank twice/],
		["a misspelt setting", [{ id: "a", bott: {} }], /bott/],
		["no address", [{ id: "a", bot: { url: "bot.example" } }], /0\.bot\.url: must be an http/],
		["another protocol", [{ id: "a", bot: { url: "file:///etc/passwd" } }], /0\.bot\.url: must be an http/],
		["a user in the address", [{ id: "a", bot: { url: "https://u:pass@x.example" } }], /without a user name/],
	])("refuses %s", (_, list, message) => {
		expect(() => new StaticApps(list as App[])).toThrow(invalid(message));
	});

	test("refuses a default that's none of them", () => {
		expect(() => new StaticApps([shop], { default: "gone" })).toThrow(invalid(/default/));
	});
});

describe("fixedApp", () => {
	test("gives every connection the one app, whatever it asks for", async () => {
		const apps = fixedApp(new StaticApps([shop, bank]), "bank");
		for (const id of [undefined, "bank", "shop", "gone"]) expect(await apps.get(id)).toEqual(bank);
		expect(await apps.list()).toEqual([bank]);
	});

	test("has none when there's no app of that id", async () => {
		const apps = fixedApp(new StaticApps([shop]), "gone");
		expect(await apps.get("shop")).toBeUndefined();
		expect(await apps.list()).toEqual([]);
	});
});

describe("environmentApps", () => {
	test("makes one app of the environment", async () => {
		const apps = environmentApps({ BOT_URL: "http://127.0.0.1:9/bot", BOT_KEY: "k", BOT_NAME: "Bean" });
		const app = { id: "default", bot: { url: "http://127.0.0.1:9/bot", key: "k", name: "Bean" } };
		expect(await apps.get(undefined)).toEqual(app);
		expect(await apps.get("default")).toEqual(app);
		expect(await apps.get("another")).toBeUndefined();
	});

	test("STUDIO_APP_ID names it, and then every connection belongs to it", async () => {
		const apps = environmentApps({ STUDIO_APP_ID: "shop" });
		for (const id of [undefined, "shop", "another"]) expect(await apps.get(id)).toEqual({ id: "shop" });
	});

	test("empty variables are none", async () => {
		const apps = environmentApps({ STUDIO_APP_ID: "", BOT_URL: "", BOT_KEY: "k" });
		expect(await apps.list()).toEqual([{ id: "default" }]);
	});

	test.each([
		["BOT_URL", "bot.example"],
		["BOT_URL", "ftp://bot.example"],
		["BOT_URL", "https://user:secret-word@bot.example"],
		["STUDIO_APP_ID", "a b"],
	])("a wrong %s (%s) is named, and not repeated", (name, value) => {
		expect(() => environmentApps({ [name]: value })).toThrow(invalid(`^${name} `));
		expect(() => environmentApps({ [name]: value })).not.toThrow(invalid("secret-word"));
	});
});
