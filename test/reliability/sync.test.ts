import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { afterwards, keep } from "../support/afterwards.js";
import { expectWhole } from "./expectRight.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { size } from "./size.js";
import { type Call, readTrace, toldTooSoon, tracing } from "./trace.js";

const MESSAGES = size(40);

/** A server that's watched, a visitor and an agent. */
async function given(...faults: string[]) {
	const folder = mkdtempSync(join(tmpdir(), "stentor-trace-"));
	afterwards(() => rmSync(folder, { recursive: true }));
	const file = join(folder, "trace");
	const server = keep(await ChatServer.start({ LOG_LEVEL: "error" }, tracing(file, ...faults)));
	const history = new History();
	const open = async (token?: string) =>
		keep(await RouterClient.open({ url: server.url, history, session: "session-1", token }));
	const [visitor, agent] = [await open(), await open(server.token)];
	return { server, history, visitor, agent, trace: () => readTrace(file) };
}

/** What it says is also its message id: that's found wherever the message is. */
function say(client: RouterClient): string {
	const token = randomUUID();
	return client.say(token, token);
}

function expectSyncedFirst(calls: readonly Call[], history: History): void {
	expect(toldTooSoon(calls)).toEqual([]);
	const told = new Set(calls.flatMap(({ tells }) => [...tells]));
	// Otherwise the trace isn't of what has been.
	expect(history.of("acknowledged").filter(({ messageId }) => !told.has(messageId))).toEqual([]);
}

describe("invariant 1: persist, then acknowledge, then deliver", () => {
	test("nobody is told of a message before the disk has it", async () => {
		const { server, history, visitor, agent, trace } = await given();
		for (let index = 0; index < MESSAGES; index++) {
			say(visitor);
			if (index % 3 === 0) say(agent);
			if (index % 5 === 0) await visitor.idle();
		}
		await expectWhole(server, history, [visitor, agent]);
		expectSyncedFirst(await trace(), history);
	}, 60_000);

	// The server makes its database before: by then there have been fewer syncs and writes than these.
	test.each([
		["a sync that fails", "fsync,fdatasync:error=EIO:when=50..55"],
		["a disk that is full for a moment", "pwrite64:error=ENOSPC:when=500..506"],
	])(
		"%s holds up what's said, and loses nothing",
		async (_, fault) => {
			const { server, history, visitor, agent, trace } = await given(fault);
			for (let index = 0; index < 30; index++) {
				say(visitor);
				say(agent);
				await visitor.idle();
				await agent.idle();
			}
			expect(server.isRunning).toBe(true);
			await expectWhole(server, history, [visitor, agent]);
			const calls = await trace();
			expect(calls.filter(({ injected }) => injected).length).toBeGreaterThan(0);
			expectSyncedFirst(calls, history);
		},
		60_000,
	);

	test.each([
		["syncs fail from now on", "fsync,fdatasync:error=EIO:when=50+"],
		["the disk is full from now on", "pwrite64:error=ENOSPC:when=500+"],
	])(
		"%s: it's not acknowledged but refused, nobody hears it; after a restart what was acknowledged is there",
		async (_, fault) => {
			const { server, history, visitor, agent, trace } = await given(fault);
			const isRefused = () => history.of("refused").length > 0;
			for (let said = 0; said < 300 && !isRefused(); said++) {
				say(visitor);
				await visitor.until(() => visitor.unacknowledged.size === 0 || isRefused());
			}
			const [refused] = history.of("refused");
			expect(refused).toMatchObject({ code: "storage_unavailable", retryable: true, messageId: expect.any(String) });
			const seen = history.of("shown").filter(({ messageId }) => visitor.unacknowledged.has(messageId));
			expect(seen).toEqual([]);
			expect(history.of("acknowledged").length).toBeGreaterThan(4);
			expect(server.isRunning).toBe(true);
			await server.kill();
			expectSyncedFirst(await trace(), history);
			await server.start();
			await expectWhole(server, history, [visitor, agent]);
		},
		60_000,
	);
});
