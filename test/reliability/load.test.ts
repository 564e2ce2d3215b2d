import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { eventually } from "../support/eventually.js";
import { check } from "./check.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { readStored } from "./storedLogs.js";

/** `RELIABILITY_MINUTES=30` is the long form, which looks at memory too. */
const MINUTES = Number(process.env.RELIABILITY_MINUTES ?? 0.2);
const LONG_FROM_MINUTES = 5;
const VISITS_AT_ONCE = 4;
const SAMPLE_MS = 1_000;

const closables: { close(): unknown }[] = [];
afterEach(async () => {
	for (const each of closables.splice(0).reverse()) await each.close();
});

/** Somewhere between none and twice of so many milliseconds. */
function about(ms: number): Promise<void> {
	return pause(Math.random() * 2 * ms);
}

function chance(of: number): boolean {
	return Math.random() < of;
}

/** Somebody visits: comes, perhaps with a second tab or to an agent, talks, loses the line now and then, and goes. */
async function visit({ url, token }: ChatServer, history: History, session: string): Promise<void> {
	const there = { url, history, session };
	const visitor = await RouterClient.open(there);
	const clients = [visitor];
	if (chance(0.4)) clients.push(await RouterClient.open({ ...there, user: visitor.reader.user }));
	if (chance(0.4)) clients.push(await RouterClient.open({ ...there, token }));
	for (let said = 0; said < 6; said++) {
		for (const client of clients) {
			if (chance(0.6)) client.say(`${said} by ${client.reader.name}: where is my order?`);
			if (chance(0.1)) client.drop();
		}
		await about(150);
	}
	for (const client of clients) await client.idle();
	for (const client of clients) await client.catchUp();
	for (const client of clients) client.close();
}

/** The open file handles of a process, and its memory in MB. */
function resourcesOf({ pid }: ChatServer): { handles: number; memory: number } {
	const [, kilobytes] = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/) ?? [];
	return { handles: readdirSync(`/proc/${pid}/fd`).length, memory: Math.round(Number(kilobytes) / 1024) };
}

function median(list: readonly number[]): number {
	return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

describe("invariants 1, 2, 3 and 5 under mixed load", () => {
	test(
		`for ${MINUTES} minutes: nothing is lost or doubled, no file handle and no memory is kept`,
		async () => {
			const server = await ChatServer.start({ LOG_LEVEL: "error" });
			closables.push(server);
			const history = new History();
			await visit(server, history, "visit-0");
			await eventually(() => expect(resourcesOf(server).handles).toBe(resourcesOf(server).handles));
			const before = resourcesOf(server);

			const end = performance.now() + MINUTES * 60_000;
			let visits = 0;
			const visiting = Array.from({ length: VISITS_AT_ONCE }, async () => {
				while (performance.now() < end) await visit(server, history, `visit-${++visits}`);
			});
			const memory: number[] = [];
			const watching = (async () => {
				while (performance.now() < end) {
					memory.push(resourcesOf(server).memory);
					await pause(SAMPLE_MS);
				}
			})();
			await Promise.all([...visiting, watching]);

			await eventually(() => expect(resourcesOf(server).handles).toBeLessThanOrEqual(before.handles));
			const quarter = Math.floor(memory.length / 4);
			const second = median(memory.slice(quarter, 2 * quarter));
			const last = median(memory.slice(-quarter));
			const figures = { visits, events: history.events.length, before, after: resourcesOf(server), second, last };
			if (MINUTES >= LONG_FROM_MINUTES) {
				console.log(figures);
				expect(last).toBeLessThan(second * 1.25);
			}
			expect(server.log).toBe("");
			await server.kill();
			const { damage, logs } = readStored(server.dataDir);
			expect(damage).toEqual([]);
			for (const [session, log] of logs) history.logs.set(session, log);
			// Each visitor caught up before going; a bot may have answered after that.
			expect(check(history, { partial: true })).toEqual([]);
		},
		MINUTES * 60_000 + 60_000,
	);
});
