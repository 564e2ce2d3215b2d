import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { keep } from "../support/afterwards.js";
import { expectWhole } from "./expectRight.js";
import { History } from "./history.js";
import { LockHolder } from "./LockHolder.js";
import { RouterClient } from "./RouterClient.js";

/** Shorter than the server waits before it says that it can't. */
const MOMENT_MS = 300;

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
		await expectWhole(server, history, [visitor, agent], 30_000);
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
		await expectWhole(server, history, [visitor, agent, late], 30_000);
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
		await expectWhole(server, history, [visitor], 30_000);
	});
});
