import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { SecretsManagerApps, type SecretsManagerAppsOptions } from "../../src/apps/SecretsManagerApps.js";
import { silent } from "../../src/monitoring/Monitor.js";

const shop = { id: "shop", bot: { url: "https://bot.example/a", key: "the-bots-key" } };
const bank = { id: "bank" };

/** What the stand-in has in its secret, or the error that it answers. */
let secret: { SecretString?: string } | { __type: string; status: number };
let asked: { target: unknown; body: unknown }[];
let hold: Promise<void> | undefined;

/** Secrets Manager as it is on the wire: JSON 1.1 by POST, the operation in `x-amz-target`. */
const server = createServer(async (request, response) => {
	asked.push({ target: request.headers["x-amz-target"], body: JSON.parse(await text(request)) });
	const answer = secret;
	await hold;
	const status = "status" in answer ? answer.status : 200;
	response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
});
let client: SecretsManagerClient;

beforeAll(async () => {
	await once(server.listen(0, "127.0.0.1"), "listening");
	client = new SecretsManagerClient({
		endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		region: "eu-west-1",
		credentials: { accessKeyId: "x", secretAccessKey: "x" },
		maxAttempts: 1,
	});
});
afterAll(async () => {
	client.destroy();
	server.close();
	server.closeAllConnections();
});

let now: number;
let warnings: { event: string; fields?: object }[];
beforeEach(() => {
	[now, asked, warnings, hold] = [1_000_000, [], [], undefined];
	holds({ apps: [shop, bank], default: "bank" });
});
afterEach(() => {
	expect(JSON.stringify(warnings)).not.toContain("the-bots-key");
});

function holds(value: unknown): void {
	secret = { SecretString: typeof value === "string" ? value : JSON.stringify(value) };
}

function open(options: Partial<SecretsManagerAppsOptions> = {}) {
	return new SecretsManagerApps({
		secretId: "chat/apps",
		client,
		clock: () => now,
		monitor: { ...silent, warn: (event, fields) => warnings.push({ event, fields }) },
		...options,
	});
}

/** Until it holds, or for a moment to see that it doesn't. */
async function settled(holds: () => boolean): Promise<void> {
	for (let i = 0; i < 20 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
	await new Promise((resolve) => setTimeout(resolve, 20));
}

test("reads the apps from the secret, once", async () => {
	const apps = open();
	expect(await apps.get("shop")).toEqual(shop);
	expect(await apps.get(undefined)).toEqual(bank);
	expect(await apps.get("gone")).toBeUndefined();
	expect(await apps.list()).toEqual([shop, bank]);
	expect(asked).toEqual([{ target: "secretsmanager.GetSecretValue", body: { SecretId: "chat/apps" } }]);
});

test("a secret may be one app", async () => {
	holds(shop);
	const apps = open();
	expect(await apps.get(undefined)).toEqual(shop);
	expect(await apps.list()).toEqual([shop]);
});

test("fetches it once for all who ask at the same time", async () => {
	const apps = open();
	const answers = await Promise.all(Array.from({ length: 50 }, () => apps.get("shop")));
	expect(answers).toEqual(Array(50).fill(shop));
	expect(asked).toHaveLength(1);
});

test("serves the old settings while it fetches new ones in the background", async () => {
	const apps = open();
	await apps.get("shop");
	holds({ apps: [{ ...shop, bot: { url: "https://bot.example/b" } }] });
	now += 5 * 60_000 - 1;
	await apps.get("shop");
	await settled(() => asked.length > 1);
	expect(asked).toHaveLength(1);

	now += 1;
	let release = () => {};
	hold = new Promise((resolve) => {
		release = resolve;
	});
	for (let i = 0; i < 10; i++) expect(await apps.get("shop")).toEqual(shop);
	await settled(() => asked.length > 1);
	expect(await apps.get("shop")).toEqual(shop);
	expect(asked).toHaveLength(2);

	release();
	await settled(() => false);
	expect(await apps.get("shop")).toEqual({ id: "shop", bot: { url: "https://bot.example/b" } });
	expect(await apps.get("bank")).toBeUndefined();
	expect(asked).toHaveLength(2);
	expect(warnings).toEqual([]);
});

test.each<[string, () => void, string]>([
	["fails", () => (secret = { __type: "InternalServiceError", status: 500 }), "storage_unavailable"],
	["is gone", () => (secret = { __type: "ResourceNotFoundException", status: 400 }), "configuration_invalid"],
	["is no JSON any more", () => holds("the-bots-key {"), "configuration_invalid"],
])(
	"goes on with the old settings when the secret %s, warns, and tries again a little later",
	async (_, breaks, code) => {
		const apps = open({ refreshMs: 60_000 });
		await apps.get("shop");
		breaks();
		now += 60_000;
		expect(await apps.get("shop")).toEqual(shop);
		await settled(() => warnings.length > 0);
		expect(warnings).toEqual([
			{ event: "apps_refresh_failed", fields: { code, reason: expect.stringContaining("chat/apps") } },
		]);

		now += 9_999;
		expect(await apps.get("shop")).toEqual(shop);
		await settled(() => asked.length > 2);
		expect(asked).toHaveLength(2);

		holds({ apps: [bank] });
		now += 1;
		await apps.get("shop");
		await settled(() => asked.length > 2);
		expect(await apps.list()).toEqual([bank]);
	},
);

test("keeps no failed first fetch", async () => {
	const apps = open();
	secret = { __type: "InternalServiceError", status: 500 };
	await expect(apps.get("shop")).rejects.toMatchObject({ code: "storage_unavailable", retryable: true });
	holds(shop);
	expect(await apps.get("shop")).toEqual(shop);
	expect(warnings).toEqual([]);
});

test.each<[string, unknown, RegExp]>([
	["no JSON", "key=the-bots-key", /^The secret chat\/apps is no JSON/],
	["another thing", '"the-bots-key"', /expected object/],
	["a list", [shop], /chat\/apps/],
	["a misspelt setting", { apps: [{ ...shop, bott: "the-bots-key" }] }, /chat\/apps, apps\.0: .*bott/],
	["an id of no good form", { apps: [{ id: "a b" }] }, /apps\.0\.id/],
	["a bad address", { id: "shop", bot: { url: "bot?the-bots-key" } }, /bot\.url: must be an http/],
	["two of one id", { apps: [bank, bank] }, /bank twice/],
	["a default that's none of them", { apps: [bank], default: "shop" }, /default/],
])("names what's wrong in the secret, without telling what's in it: %s", async (_, value, message) => {
	holds(value);
	const error = await open()
		.get("shop")
		.catch((reason) => reason);
	expect(error).toMatchObject({ code: "configuration_invalid", message: expect.stringMatching(message) });
	expect(`${error.message} ${JSON.stringify(error.cause ?? "")}`).not.toContain("the-bots-key");
});

test("a secret that is gone, or holds no text, is a wrong setting", async () => {
	secret = { __type: "ResourceNotFoundException", status: 400 };
	await expect(open().get("shop")).rejects.toMatchObject({ code: "configuration_invalid" });
	secret = {};
	await expect(open().get("shop")).rejects.toMatchObject({ message: "The secret chat/apps holds no text." });
});

test("closes the client that it made, not the one that it was given", async () => {
	const apps = open();
	await apps.get("shop");
	apps.close();
	expect(await open().get("shop")).toEqual(shop);
});

test("makes a client by the environment when it's given none, and closes that one", async () => {
	const before = { ...process.env };
	const { port } = server.address() as AddressInfo;
	Object.assign(process.env, {
		AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
		AWS_REGION: "eu-west-1",
		AWS_ACCESS_KEY_ID: "x",
		AWS_SECRET_ACCESS_KEY: "x",
	});
	try {
		const apps = open({ client: undefined });
		expect(await apps.get("shop")).toEqual(shop);
		await settled(() => false);
		const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
		const kept = await connections();
		apps.close();
		apps.close();
		await settled(() => false);
		expect(await connections()).toBe(Number(kept) - 1);
	} finally {
		process.env = before;
	}
});
