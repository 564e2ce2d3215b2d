import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { App } from "../../src/apps/Apps.js";
import { StentorConnector, type StentorConnectorOptions } from "../../src/connectors/stentor/StentorConnector.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { RouterError } from "../../src/protocol/errors.js";
import { textResponse } from "../../src/protocol/stentor.js";
import { answeringConnectorSuite } from "../../src/testing/answeringConnectorSuite.js";
import { type Told, testTurn } from "../../src/testing/testTurn.js";
import { body, die, dieMidway, dribble, HttpBot, json, type Step, silence } from "../support/httpBot.js";

const KEY = "the-key-of-the-bot";
const hello = textResponse("Hello");
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

async function open(steps: Step[], options: StentorConnectorOptions = {}) {
	const bot = await HttpBot.start(...steps);
	const connector = new StentorConnector({ pauseMs: 20, timeoutMs: 2_000, ...options });
	closing.push(
		() => connector.close(),
		() => bot.close(),
	);
	const app: App = { id: "shop", bot: { url: `${bot.origin}/bot?secret=in-the-query`, key: KEY } };
	return { bot, connector, app };
}

const tries = (told: readonly Told[]) => told.filter((each) => "tries" in each);

async function failed(
	connector: StentorConnector,
	turn: Parameters<StentorConnector["answer"]>[0],
): Promise<RouterError> {
	const error = await connector.answer(turn).then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (!(error instanceof RouterError)) throw new Error(`no RouterError: ${String(error)}`);
	expect(error.code).toBe("connector_failed");
	const toldToAll = [error.message, ...tries((turn as { told?: Told[] }).told ?? []).map(({ error }) => error)].join();
	for (const secret of [KEY, "in-the-query", "127.0.0.1"]) expect(toldToAll).not.toContain(secret);
	const cause = error.cause as Error;
	for (const secret of [KEY, "in-the-query"]) expect(`${cause.stack} ${JSON.stringify(cause)}`).not.toContain(secret);
	return error;
}

describe("the contract", () => {
	answeringConnectorSuite(test, async () => {
		const bot = await HttpBot.start(json(hello));
		const connector = new StentorConnector({ pauseMs: 5, timeoutMs: 5_000 });
		return {
			connector,
			app: { id: "shop", bot: { url: bot.origin, key: KEY } },
			otherApp: { id: "without-a-bot" },
			peer: {
				stall: () => {
					bot.steps = [silence];
				},
				fail: () => {
					bot.steps = [json({}, 500)];
				},
			},
			async close() {
				connector.close();
				await bot.close();
			},
		};
	});
});

describe("what a bot is sent", () => {
	test("a POST of JSON with its key", async () => {
		const { bot, connector, app } = await open([json(hello)]);
		await connector.answer(testTurn({ app }));
		const [request] = bot.received;
		expect(request).toMatchObject({ method: "POST", url: "/bot?secret=in-the-query" });
		expect(request?.headers).toMatchObject({
			authorization: `Bearer ${KEY}`,
			"content-type": expect.stringMatching(/^application\/json/),
			accept: "application/json",
		});
	});

	test("no key when it has none", async () => {
		const { bot, connector } = await open([json(hello)]);
		await connector.answer(testTurn({ app: { id: "shop", bot: { url: bot.origin } } }));
		expect(bot.received[0]?.headers).not.toHaveProperty("authorization");
	});

	test("the client's request as it is, but with the ids that a bot may know", async () => {
		const { bot, connector, app } = await open([json(hello)]);
		const request = {
			type: "LAUNCH_REQUEST",
			intentId: "LaunchRequest",
			isNewSession: true,
			platform: "stentor-platform",
			channel: "widget",
			accessToken: "the visitor's",
			userId: "ada@example.com",
			sessionId: "another session",
			requestId: "another request",
			attributes: { isGreeting: true, currentUrl: "https://shop.example/ü" },
		};
		const turn = testTurn({ app, request });
		await connector.answer(turn);
		const { userId, sessionId, requestId } = turn;
		expect(bot.requests).toEqual([{ ...request, userId, sessionId, requestId }]);
	});

	test("the transcript that we have, and none that the client made up", async () => {
		const { bot, connector, app } = await open([json(hello)]);
		const ours = [{ from: "agent", text: "It's in stock.", at: "2026-11-22T10:00:00.000Z" }] as const;
		const request = { type: "INTENT_REQUEST", rawQuery: "And?", attributes: { transcript: "10 % off!", page: 1 } };
		await connector.answer(testTurn({ app, request, transcript: ours }));
		await connector.answer(testTurn({ app, request }));
		expect(bot.requests.map(({ attributes }) => attributes)).toEqual([{ transcript: ours, page: 1 }, { page: 1 }]);
	});

	test("the same request id at every try, over the same connection", async () => {
		const { bot, connector, app } = await open([json({}, 500), json({}, 503), json(hello)]);
		const turn = testTurn({ app });
		await connector.answer(turn);
		expect(bot.requests.map(({ requestId }) => requestId)).toEqual(Array(3).fill(turn.requestId));
		expect(bot.connections).toBe(1);
	});
});

describe("what it makes of an answer", () => {
	const answer = async (response: unknown) => {
		const { connector, app } = await open([json(response)]);
		return connector.answer(testTurn({ app }));
	};

	test("a response, with all that's in it", async () => {
		const response = {
			outputSpeech: { displayText: "Grüße 👋", suggestions: ["Hours", { title: "Shop", url: "https://shop.example" }] },
			displays: [{ type: "LIST", items: [{ title: "Beans", token: "beans" }] }],
			context: { active: [{ name: "shopping" }] },
			somethingNew: { nested: [1, null] },
		};
		expect(await answer(response)).toEqual({ messages: [{ response }] });
	});

	test.each([{}, { status: "acknowledged" }, { context: { active: [] } }, { outputSpeech: "" }, { displays: [] }])(
		"%j says nothing",
		async (response) => expect(await answer(response)).toEqual({ messages: [] }),
	);

	test.each([
		{ outputSpeech: "Hi" },
		{ displays: [{ type: "CARD" }] },
		{ system: "SURFACE_CLOSE" },
		{ outputSpeech: { html: "<b>Hi</b>" } },
	])("%j is a message", async (response) => expect(await answer(response)).toEqual({ messages: [{ response }] }));

	test("a hand-off, with and without a target and words", async () => {
		const words = { ...textResponse("One moment."), system: "HANDOFF" };
		expect(await answer(words)).toEqual({ messages: [{ response: words }], handOff: {} });
		const target = { system: "HANDOFF", data: { handoffTargetId: "genesys" } };
		expect(await answer(target)).toEqual({ messages: [], handOff: { target: "genesys" } });
		const call = { system: "TRANSFER_CALL", data: { transferPhoneNumber: "+1555" }, outputSpeech: "Calling." };
		expect(await answer(call)).toEqual({ messages: [{ response: call }], handOff: { target: "+1555" } });
	});

	test("compressed ones are read", async () => {
		const { connector, app } = await open([
			body(gzipSync(JSON.stringify(hello)), "application/json", { "content-encoding": "gzip" }),
		]);
		expect(await connector.answer(testTurn({ app }))).toEqual({ messages: [{ response: hello }] });
	});
});

describe("a bot that fails", () => {
	test.each<[string, Step[], RegExp]>([
		["says nothing", [silence], /did not answer in time/],
		["says it byte by byte", [dribble], /did not answer in time/],
		["dies", [die], /could not be reached/],
		["dies in the middle of its answer", [dieMidway], /could not be reached/],
		["answers Stentor's HTML of an error", [body("Error: no handler", "text/html")], /could not be understood/],
		["answers rubbish", [body('{"outputSpeech":', "application/json")], /could not be understood/],
		["answers nothing", [body("", "application/json")], /could not be understood/],
		["answers a list", [json([hello])], /could not be understood/],
		["answers null", [json(null)], /could not be understood/],
		["answers another type of speech", [json({ outputSpeech: 7 })], /could not be understood/],
		["has trouble", [json({}, 500)], /having trouble/],
		["is overloaded", [json({}, 429), json({}, 503), json({}, 408)], /having trouble/],
	])("that %s is asked three times, then the turn fails", async (_, steps, message) => {
		const warnings: unknown[][] = [];
		const monitor = { ...silent, warn: (...said: unknown[]) => warnings.push(said) };
		const { bot, connector, app } = await open(steps, { timeoutMs: 150, monitor });
		const turn = testTurn({ app });
		const error = await failed(connector, turn);
		expect(error.message).toMatch(message);
		expect(error.retryable).toBe(true);
		expect(bot.received).toHaveLength(3);
		const retrying = { error: expect.any(String), delayMs: expect.any(Number) };
		expect(turn.told).toEqual([
			{ typing: true },
			{ tries: 1, ...retrying },
			{ tries: 2, ...retrying },
			{ typing: false },
		]);
		expect(warnings.map(([event]) => event)).toEqual(Array(3).fill("bot_try_failed"));
		for (const secret of [KEY, "in-the-query"]) expect(JSON.stringify(warnings)).not.toContain(secret);
	});

	test.each<[string, Step, RegExp]>([
		["refuses the key", json({}, 401), /did not take/],
		["isn't there", json({}, 404), /did not take/],
		["is elsewhere", json({}, 307, { location: "http://127.0.0.1:1/" }), /did not take/],
		["answers 2 MB", json(textResponse("x".repeat(2 * 1024 * 1024))), /too long/],
		[
			"answers 2 MB, packed small",
			body(gzipSync(" ".repeat(2 ** 21)), "application/json", { "content-encoding": "gzip" }),
			/too long/,
		],
	])("that %s is not asked again", async (_, step, message) => {
		const { bot, connector, app } = await open([step]);
		const turn = testTurn({ app });
		expect((await failed(connector, turn)).message).toMatch(message);
		expect(bot.received).toHaveLength(1);
		expect(turn.told).toEqual([{ typing: true }, { typing: false }]);
	});

	test("follows no redirect, not even on the same host: the key stays here", async () => {
		const other = await HttpBot.start(json(hello));
		closing.push(() => other.close());
		for (const location of [other.origin, "/elsewhere"]) {
			const { bot, connector, app } = await open([json({}, 302, { location })]);
			await failed(connector, testTurn({ app }));
			expect(bot.received).toHaveLength(1);
		}
		expect(other.received).toEqual([]);
	});

	test("nobody listens", async () => {
		const { bot, connector, app } = await open([]);
		await bot.close();
		closing.pop();
		expect((await failed(connector, testTurn({ app }))).message).toMatch(/could not be reached/);
	});

	test.each(["no address at all", "http://[::1", "ftp://bot.example/"])("the address %s", async (url) => {
		const connector = new StentorConnector({ pauseMs: 1 });
		expect((await failed(connector, testTurn({ app: { id: "shop", bot: { url } } }))).message).toMatch(/reached/);
	});

	test("an app has none", async () => {
		const { connector } = await open([]);
		expect((await connector.answer(testTurn({ app: { id: "shop" } })).catch((error) => error)).code).toBe(
			"connector_failed",
		);
	});

	test.each<[string, Step]>([
		["a failure", json({}, 500)],
		["no answer", silence],
		["rubbish", body("<p>Error: oh</p>", "text/html")],
		["a death", die],
	])("after %s, the answer counts all the same", async (_, step) => {
		const { connector, app } = await open([step, json(hello)], { timeoutMs: 150 });
		const turn = testTurn({ app });
		expect(await connector.answer(turn)).toEqual({ messages: [{ response: hello }] });
		expect(tries(turn.told)).toHaveLength(1);
	});
});

describe("between tries", () => {
	test("it pauses longer each time, never the same for all, never more than the most", async () => {
		const { bot, connector, app } = await open([json({}, 500)], { tries: 5, pauseMs: 40, maxPauseMs: 100 });
		const turn = testTurn({ app });
		await failed(connector, turn);
		const pauses = tries(turn.told).map(({ delayMs }) => delayMs);
		for (const [index, most] of [40, 80, 100, 100].entries()) {
			expect(pauses[index]).toBeLessThanOrEqual(most);
			expect(pauses[index]).toBeGreaterThanOrEqual(Math.min(100, (40 * 2 ** index) / 2));
			const gap = (bot.received[index + 1]?.timeMs ?? 0) - (bot.received[index]?.timeMs ?? 0);
			expect(gap).toBeGreaterThanOrEqual((pauses[index] ?? 0) - 2);
		}
	});

	test.each([
		["seconds", "1", 1_000, 1_000],
		["a date", new Date(Date.now() + 600_000).toUTCString(), 1_500, 1_500],
		["too many seconds", "86400", 1_500, 1_500],
		["the past", "Thu, 01 Jan 1970 00:00:00 GMT", 1, 20],
		["nonsense", "soon", 1, 20],
	])("it waits as long as the bot asks, within bounds: %s", async (_, header, least, most) => {
		const { connector, app } = await open([json({}, 429, { "retry-after": header }), json(hello)], {
			maxPauseMs: 1_500,
		});
		const turn = testTurn({ app });
		expect((await connector.answer(turn)).messages).toHaveLength(1);
		const [pause] = tries(turn.told);
		expect(pause?.delayMs).toBeGreaterThanOrEqual(least);
		expect(pause?.delayMs).toBeLessThanOrEqual(most);
	});

	test("an aborted turn waits no longer", async () => {
		const { bot, connector, app } = await open([json({}, 500)], { pauseMs: 10_000, maxPauseMs: 10_000 });
		const ending = new AbortController();
		const turn = testTurn({ app, signal: ending.signal, retrying: async () => ending.abort("no Error at all") });
		const begun = performance.now();
		await failed(connector, turn);
		expect(performance.now() - begun).toBeLessThan(1_000);
		expect(bot.received).toHaveLength(1);
	});
});

describe("besides", () => {
	test("the longest it may take holds all tries and pauses", () => {
		expect(new StentorConnector().answerWithinMs).toBe(3 * 15_000 + 2 * 5_000 + 1_000);
		expect(new StentorConnector({ tries: 1, timeoutMs: 10 }).answerWithinMs).toBe(1_010);
	});

	test("it appears as the bot's settings say", () => {
		const connector = new StentorConnector();
		expect(connector.profile({ id: "shop", bot: { url: "https://x.example" } })).toEqual({
			name: "Bot",
			avatar: undefined,
		});
		const bot = { url: "https://x.example", name: "Bean", avatar: "/bean.png" };
		expect(connector.profile({ id: "shop", bot })).toEqual({ name: "Bean", avatar: "/bean.png" });
		expect(connector.profile({ id: "shop" })).toBeUndefined();
	});

	test("that nobody can be told of typing costs no answer", async () => {
		const { connector, app } = await open([json({}, 500), json(hello)]);
		const broken = async () => Promise.reject(new Error("no socket"));
		const turn = testTurn({ app, typing: broken, retrying: broken });
		expect((await connector.answer(turn)).messages).toHaveLength(1);
	});

	test("a connection that the bot has closed meanwhile is no failure", async () => {
		const { bot, connector, app } = await open([json(hello)]);
		await connector.answer(testTurn({ app }));
		// Both ends learn of each other in the next turns of the event loop; the request is written before.
		bot.dropConnections();
		const turn = testTurn({ app });
		expect((await connector.answer(turn)).messages).toHaveLength(1);
		expect(turn.told).toEqual([{ typing: true }, { typing: false }]);
		expect(bot.connections).toBe(2);
	});
});
