import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ConversationCounts, countConversation } from "../../bench/storage/countConversation.js";
import { type OwnDatabase, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { CountedChat, type Turn, unitsOf } from "../support/lambdas/CountedChat.js";
import { playTrace } from "../support/lambdas/playTrace.js";
import { seedHistory } from "../support/lambdas/seedHistory.js";

/** Of 150 bytes, as most of what is said is shorter. */
const TEXT = "where is my order, which I placed last week ".padEnd(150, "and of which I have not heard since ");

await onDynamodbLocal(({ endpoint }: OwnDatabase) => {
	let chat: CountedChat;
	beforeAll(async () => {
		chat = await CountedChat.open(endpoint);
	}, 300_000);
	afterAll(() => chat?.close());

	/** What a message and its answer cost, by a process that knows the connection, after `history` entries. */
	async function turnAfter(history: number): Promise<Turn> {
		const ws = await chat.start("ws");
		const { sessionId, visitor } = await chat.session(ws);
		await chat.turn(ws, sessionId, visitor, TEXT);
		await seedHistory(chat.lambdas, sessionId, history);
		await chat.lambdas.skip();
		return chat.turn(ws, sessionId, visitor, TEXT);
	}

	const made = (turn: Turn) =>
		[turn.message, turn.answer, turn.following].map((calls) =>
			calls.map(({ operation, parts }) => [operation, ...parts.map(({ does, collection }) => `${does} ${collection}`)]),
		);

	test("a visitor's message and the bot's answer, with an agent watching, keep the budget of the router", async () => {
		const turn = await turnAfter(10);
		expect(unitsOf(turn.message, "router").write).toBeLessThanOrEqual(9);
		expect(unitsOf(turn.message, "router").read).toBeLessThanOrEqual(1);
		expect(unitsOf(turn.answer, "router").write).toBeLessThanOrEqual(7);
		expect(unitsOf(turn.answer, "router").read).toBeLessThanOrEqual(1);
		expect([turn.messageInSeries, turn.answerInSeries]).toEqual([2, 2]);
		// Of the CRM nothing is on the message's way.
		expect(unitsOf([...turn.message, ...turn.answer], "crm")).toEqual({ write: 0, read: 0 });
	}, 120_000);

	test("they cost the same after 2,000 entries, to the last request", async () => {
		const [short, long] = [await turnAfter(10), await turnAfter(2_000)];
		const sorted = (turn: Turn) => made(turn).map((calls) => calls.map(String).sort());
		expect(sorted(long)).toEqual(sorted(short));
		for (const account of ["router", "crm", "search"] as const) {
			for (const phase of ["message", "answer", "following"] as const) {
				const units = (turn: Turn) => unitsOf(turn[phase], account, phase === "following");
				expect(units(long)).toEqual(units(short));
			}
		}
	}, 240_000);

	test("a process that hasn't met the connection reads it, and its keys: no more", async () => {
		const { sessionId, visitor } = await chat.session(await chat.start("ws"));
		const { message } = await chat.turn(await chat.start("ws"), sessionId, visitor, TEXT);
		const read = message.filter(({ isWrite }) => !isWrite).flatMap(({ parts }) => parts.map((part) => part.collection));
		expect(read.sort()).toEqual(["connections", "serverKeys", "sessions"]);
		expect(unitsOf(message, "router").write).toBeLessThanOrEqual(9);
	}, 120_000);

	test("docs/scale.md reckons with what is counted", async () => {
		const { keptBytes, functions, ...counted } = await countConversation(chat);
		const {
			keptBytes: kept,
			functions: known,
			...written
		} = JSON.parse(readFileSync("bench/scale/counts.json", "utf8")) as ConversationCounts;
		expect(counted).toEqual(written);
		// Ids and times are now longer, now shorter.
		expect(Math.abs(keptBytes - kept) / kept).toBeLessThan(0.02);
		for (const name of ["ws", "worker", "greeting"] as const) {
			const { invocations, write, read } = known[name];
			expect(functions[name]).toMatchObject({ invocations, write, read });
		}
	}, 120_000);

	test("over whole conversations the CRM takes at most 4 write units a message", async () => {
		const played = await playTrace(chat, await chat.start("ws"));
		const messages = played.reduce((sum, each) => sum + each.messages, 0);
		const written = played.reduce((sum, each) => sum + each.units.crm.write, 0);
		expect(messages).toBe(49);
		expect(written / messages).toBeLessThanOrEqual(4);
	}, 240_000);
});
