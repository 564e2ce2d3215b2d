import { expect, test } from "@jest/globals";
import type { AnsweringConnector, SocketConnector } from "../../src/connectors/Connector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { textResponse } from "../../src/protocol/stentor.js";
import { answeringConnectorSuite } from "../../src/testing/answeringConnectorSuite.js";
import { socketConnectorSuite } from "../../src/testing/socketConnectorSuite.js";

/** The names of the suite's tests that fail. */
async function failing(suite: (test: (name: string, run: () => Promise<void>) => void) => void): Promise<string> {
	const tests: [string, () => Promise<void>][] = [];
	suite((name, run) => tests.push([name, run]));
	const names = await Promise.all(
		tests.map(([name, run]) =>
			run().then(
				() => [],
				() => [name],
			),
		),
	);
	return names.flat().join("; ");
}

const good: AnsweringConnector = {
	name: "good",
	answers: true,
	answerWithinMs: 1_000,
	profile: () => ({ name: "Good" }),
	answer: async () => ({ messages: [{ response: textResponse("Hi") }] }),
};

/** What the suite says of the good connector with something changed. */
async function ofAnswering(changed: Partial<AnsweringConnector>, peer?: { stall(): void; fail(): void }) {
	const app = { id: "shop", bot: { url: "https://bot.example", key: "the-key" } };
	return failing((runner) =>
		answeringConnectorSuite(runner, async () => ({ connector: { ...good, ...changed }, app, peer })),
	);
}

test("a good answering connector passes", async () => expect(await ofAnswering({})).toBe(""));

test.each<[string, Partial<AnsweringConnector>, RegExp]>([
	["a name with a slash", { name: "a/b" }, /its name/],
	["no time", { answerWithinMs: 0 }, /its time/],
	["no profile", { profile: () => undefined }, /its profile/],
	["another profile each time", { profile: () => ({ name: `${Math.random()}` }) }, /its profile/],
	["no answer", { answer: async () => ({ messages: [] }) }, /it answers a message$/],
	[
		"an answer of no known form",
		{ answer: async () => ({ messages: [{ response: { outputSpeech: 7 } as never }] }) },
		/it answers a message/,
	],
	[
		"an answer that no JSON can hold",
		{ answer: async () => ({ messages: [{ response: { at: new Date() } }] }) },
		/it answers a message/,
	],
	[
		"typing for ever",
		{ answer: async (turn) => turn.typing(true).then(() => good.answer(turn)) },
		/it answers a message/,
	],
	[
		"trouble with transcripts",
		{ answer: async (turn) => (turn.transcript ? Promise.reject(new Error()) : good.answer(turn)) },
		/transcript/,
	],
	["a memory of requests", { answer: once() }, /comes again/],
	[
		"a changed turn",
		{
			answer: async (turn) => {
				Object.assign(turn.request, { mine: true });
				return good.answer(turn);
			},
		},
		/as it was/,
	],
])("the suite finds %s", async (_, changed, names) => expect(await ofAnswering(changed)).toMatch(names));

test.each<[string, AnsweringConnector["answer"], RegExp]>([
	["what's no Error", () => Promise.reject("a string"), /it fails with an error/],
	["a key in the error", () => Promise.reject(new Error("https://the-key@bot.example failed")), /tells no key/],
	["an answer where there should be a failure", good.answer, /it fails with an error.*aborted before/],
	["a deaf ear for the signal", () => new Promise(() => {}), /stops promptly/],
])("the suite finds %s in a connector that asks a peer", async (_, answer, names) => {
	let works = true;
	const breaks = () => {
		works = false;
	};
	const changed: Partial<AnsweringConnector> = {
		answer: (turn) => (works ? good.answer(turn) : Promise.race([answer(turn), givingUp()])),
	};
	const app = { id: "shop", bot: { url: "https://bot.example", key: "the-key" } };
	const open = async () => {
		works = true;
		return { connector: { ...good, ...changed }, app, peer: { stall: breaks, fail: breaks } };
	};
	const tests: [string, () => Promise<void>][] = [];
	answeringConnectorSuite((name, run) => tests.push([name, run]), open);
	const failed: string[] = [];
	for (const [name, run] of tests) await run().catch(() => failed.push(name));
	expect(failed.join("; ")).toMatch(names);
});

/** So that a test of what never ends ends. */
function givingUp(): Promise<never> {
	return new Promise((_, reject) => setTimeout(() => reject(new Error("gave up")), 1_500));
}

/** Answers a request id only once. */
function once(): AnsweringConnector["answer"] {
	const seen = new Set<string>();
	return async (turn) => (seen.size < seen.add(turn.requestId).size ? good.answer(turn) : { messages: [] });
}

const widget = new WidgetConnector();
const request = { app: { id: "shop" }, query: { userId: "u" }, headers: {} };
const token = { ...request, query: { token: "the-token" } };

test.each<[string, Partial<SocketConnector>, RegExp]>([
	["a user id that can't stand in keys", { admit: async () => ({ user: "a/b c" }) }, /user id/],
	["nobody admitted", { admit: async () => undefined }, /user id/],
	["a refusal by another error", { admit: () => Promise.reject(new Error("no")) }, /refuses/],
	["a command twice", { commands: ["ping", "ping"] }, /what it is/],
	[
		"a dialect that takes anything",
		{ dialect: { ...widget.dialect, decode: () => ({ command: { type: "ping" } }) } },
		/no frame/,
	],
	[
		"a dialect that shows keys",
		{ dialect: { ...widget.dialect, entry: (_, entry) => JSON.stringify(entry) } },
		/our key/,
	],
])("the suite for sockets finds %s", async (_, changed, names) => {
	const connector: SocketConnector = {
		name: "x",
		answers: false,
		role: "visitor",
		dialect: widget.dialect,
		commands: widget.commands,
		admit: (given) => widget.admit(given),
		...changed,
	};
	const found = await failing((runner) =>
		socketConnectorSuite(runner, async () => ({ connector, admits: [request], refuses: changed.admit && [token] })),
	);
	expect(found).toMatch(names);
});
