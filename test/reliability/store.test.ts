import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { check } from "./check.js";
import { History } from "./history.js";
import { LockHolder } from "./LockHolder.js";
import { RouterClient } from "./RouterClient.js";
import { readStored } from "./storedLogs.js";

/** Shorter than the server waits before it says that it can't. */
const MOMENT_MS = 300;

const closables: { close(): unknown }[] = [];
afterEach(async () => {
	for (const each of closables.splice(0).reverse()) await each.close();
});

function keep<T extends { close(): unknown }>(closable: T): T {
	closables.push(closable);
	return closable;
}

/** Everything is acknowledged and seen, and the log and everybody's screen are right. */
async function checkAll(server: ChatServer, history: History, clients: readonly RouterClient[]): Promise<void> {
	for (const client of clients) await client.idle(30_000);
	for (const client of clients) await client.catchUp();
	await server.kill();
	const { damage, logs } = readStored(server.dataDir);
	expect(damage).toEqual([]);
	for (const [session, log] of logs) history.logs.set(session, log);
	expect(check(history)).toEqual([]);
}

function databaseOf({ dataDir }: ChatServer): string {
	expect(readdirSync(dataDir)).toContain("chat.db");
	return join(dataDir, "chat.db");
}

describe("invariants 1, 2 and 3: another process holds the database's lock", () => {
	test("for a moment: nobody notices more than a delay", async () => {
		const server = keep(await ChatServer.start());
		const history = new History();
		const there = { url: server.url, history, session: "session-1" };
		const visitor = keep(await RouterClient.open(there));
		const agent = keep(await RouterClient.open({ ...there, token: server.token }));
		const holder = keep(await LockHolder.hold(databaseOf(server)));
		for (let i = 0; i < 5; i++) for (const client of [visitor, agent]) client.say(`${i}`);
		await pause(MOMENT_MS);
		expect(history.of("acknowledged")).toEqual([]);
		await holder.close();
		await visitor.idle();
		await agent.idle();
		expect(history.of("refused")).toEqual([]);
		await checkAll(server, history, [visitor, agent]);
	});

	test("for long: who sends is told to try again, and it works as soon as the lock is gone", async () => {
		const server = keep(await ChatServer.start());
		const history = new History();
		const there = { url: server.url, history, session: "session-1" };
		const visitor = keep(await RouterClient.open(there));
		const agent = keep(await RouterClient.open({ ...there, token: server.token }));
		const holder = keep(await LockHolder.hold(databaseOf(server)));
		const messageId = visitor.say("is anybody there?");
		await visitor.until(() => history.of("refused").length > 0, 60_000);
		const late = keep(new RouterClient({ ...there, session: "session-2" }));
		late.connect();
		expect(history.of("acknowledged")).toEqual([]);
		for (const refusal of history.of("refused")) {
			expect(refusal).toMatchObject({ messageId, code: "storage_unavailable", retryable: true });
		}
		await holder.close();
		await visitor.idle(30_000);
		await late.until(() => late.arrivals > 0, 30_000);
		agent.say("yes");
		late.say("hello");
		await checkAll(server, history, [visitor, agent, late]);
	}, 120_000);
});

describe("invariant 1: another server owns the database", () => {
	test("it's told so, and ends; the owner goes on", async () => {
		const server = keep(await ChatServer.start());
		const history = new History();
		const visitor = keep(await RouterClient.open({ url: server.url, history, session: "session-1" }));
		await expect(ChatServer.start({ DATA_DIR: server.dataDir })).rejects.toThrow(
			/Another process uses the database .*DATA_DIR/,
		);
		visitor.say("still there?");
		await checkAll(server, history, [visitor]);
	});
});
