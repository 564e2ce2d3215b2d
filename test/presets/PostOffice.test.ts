import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { type Environment, equipmentOf } from "../../src/presets/environment.js";
import { PostOffice, type PostOfficeOptions } from "../../src/presets/PostOffice.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { ApiGatewayTransport } from "../../src/transport/apigateway/ApiGatewayTransport.js";
import { LocalTransport } from "../../src/transport/local/LocalTransport.js";
import { Notes } from "../support/office.js";

const SECRET = "a secret of the preset's tests, long enough";
const untouched = { ...process.env };
let topic = "";

beforeEach(() => {
	topic = `topic-${randomUUID()}`;
});

afterEach(() => {
	process.env = { ...untouched };
});

/** Says something by one post office; answers whether another one has heard of it. */
async function share(one: PostOfficeOptions, other: PostOfficeOptions, change?: Environment): Promise<boolean> {
	const first = new PostOffice({ monitor: silent, ...one });
	await first.connect({ connection: "c-1", query: {}, headers: {} });
	const app = process.env.STUDIO_APP_ID ?? "default";
	Object.assign(process.env, change);
	const second = new PostOffice({ monitor: silent, ...other });
	await second.receive("c-1", JSON.stringify({ event: "user joined", sessionId: "s-1" })).catch(() => {});
	return (await second.session(app, "s-1")) !== undefined;
}

describe("post offices built again and again", () => {
	test("are one: of the same topic, options and environment", async () => {
		expect(await share({ topic }, { topic })).toBe(true);
		const storage = new MemoryStorage();
		expect(await share({ topic, storage }, { topic, storage })).toBe(true);
	});

	test("share what the environment gives, whatever else was given", async () => {
		expect(await share({ topic }, { topic, secret: "another", monitor: new Notes() })).toBe(true);
	});

	test("are others for another topic, storage or environment", async () => {
		expect(await share({ topic }, { topic: `${topic}-2` })).toBe(false);
		expect(await share({ topic }, { topic, storage: new MemoryStorage() })).toBe(false);
		expect(await share({ topic }, { topic }, { BOT_URL: "http://127.0.0.1:1" })).toBe(false);
	});

	test("keep their rooms: what one began, the other waits for", async () => {
		const first = new PostOffice({ topic, monitor: silent });
		const begun = first.connect({ connection: "c-1", query: {}, headers: {} });
		await begun;
		void first.receive("c-1", JSON.stringify({ event: "user joined", sessionId: "s-1" }));
		await new PostOffice({ topic, monitor: silent }).idle();
		expect(await first.session("default", "s-1")).toBeDefined();
	});
});

describe("the equipment", () => {
	const lambda = { AWS_LAMBDA_FUNCTION_NAME: "chat" };

	test("is kept by configuration", () => {
		const equipment = equipmentOf(topic, lambda);
		expect(equipmentOf(topic, { ...lambda })).toBe(equipment);
		expect(equipmentOf(topic, { ...lambda, TABLE_PREFIX: "dev-" })).not.toBe(equipment);
		for (const part of ["storage", "transport", "monitor"] as const) expect(equipment[part]()).toBe(equipment[part]());
		const monitor = new Notes();
		expect(equipment.apps(monitor)).toBe(equipment.apps(monitor));
		expect(equipment.connectors(monitor)).toBe(equipment.connectors(monitor));
	});

	test("is API Gateway's in a Lambda, and in memory elsewhere", () => {
		expect(equipmentOf(topic, lambda).transport()).toBeInstanceOf(ApiGatewayTransport);
		expect(equipmentOf(topic, {}).transport()).toBeInstanceOf(LocalTransport);
		expect(equipmentOf(topic, {}).storage()).toBeInstanceOf(MemoryStorage);
	});

	test("keys aliases by JWT_SECRET, or the topic", () => {
		expect(equipmentOf(topic, { JWT_SECRET: SECRET }).secret()).toBe(SECRET);
		expect(equipmentOf(topic, { JWT_SECRET: "" }).secret()).toBe(topic);
	});

	test("takes STUDIO_APP_ID to be everyone's app", async () => {
		const { apps } = equipmentOf(topic, { STUDIO_APP_ID: "shop", BOT_URL: "http://127.0.0.1:1" });
		expect(await apps(silent).get("another")).toMatchObject({ id: "shop", bot: { url: "http://127.0.0.1:1" } });
	});
});

describe("agents", () => {
	const arrive = (query: Record<string, string>) =>
		new PostOffice({ topic, monitor: silent }).connect({ connection: "c-1", query, headers: {} });

	test("come with tokens of JWT_SECRET", async () => {
		process.env.JWT_SECRET = SECRET;
		const token = await createAgentToken({ secret: SECRET, subject: "ada" });
		await arrive({ token });
		await expect(arrive({ token: `${token}x` })).rejects.toMatchObject({ code: "agent_token_invalid" });
	});

	test("are refused where it isn't set, with a sentence that says so", async () => {
		process.env.JWT_SECRET = "";
		const token = await createAgentToken({ secret: SECRET, subject: "ada" });
		await expect(arrive({ token })).rejects.toMatchObject({
			code: "agent_token_invalid",
			message: expect.stringContaining("JWT_SECRET isn't set"),
		});
	});
});

describe("a wrong setting", () => {
	test.each([
		["BOT_URL", { BOT_URL: "localhost:8080" }],
		["STUDIO_APP_ID", { STUDIO_APP_ID: "a/b" }],
		["JWT_SECRET", { JWT_SECRET: "short" }],
		["LOG_LEVEL", { LOG_LEVEL: "loud" }],
		["TABLE_PREFIX", { AWS_LAMBDA_FUNCTION_NAME: "chat", TABLE_PREFIX: "dev/" }],
	] as const)("is told by a sentence that names %s", (name, env) => {
		Object.assign(process.env, env);
		const sentence = expect.stringMatching(new RegExp(`^${name} .*\\.$`));
		expect(() => new PostOffice({ topic })).toThrow(
			expect.objectContaining({ code: "configuration_invalid", message: sentence }),
		);
	});

	test("is of no matter where the part that it's for was given", () => {
		Object.assign(process.env, { BOT_URL: "localhost:8080", JWT_SECRET: "short", LOG_LEVEL: "loud" });
		const apps = new StaticApps([{ id: "shop" }]);
		new PostOffice({ topic, apps, connectors: [], monitor: silent });
	});

	test("can be put right without a new start", () => {
		process.env.LOG_LEVEL = "loud";
		expect(() => new PostOffice({ topic })).toThrow();
		process.env.LOG_LEVEL = "WARN";
		new PostOffice({ topic });
	});

	test("names the topic", () => {
		expect(() => new PostOffice({ topic: "a/b" })).toThrow(expect.objectContaining({ code: "configuration_invalid" }));
	});
});
