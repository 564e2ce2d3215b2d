import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { keep } from "../support/afterwards.js";
import { eventually } from "../support/eventually.js";
import { expectRight } from "./expectRight.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";

/** `RELIABILITY_MINUTES=30` is the long form, which looks at memory too. */
const MINUTES = Number(process.env.RELIABILITY_MINUTES ?? 0.2);
const LONG_FROM_MINUTES = 5;
const VISITS_AT_ONCE = 4;
/** Between what somebody says and what they say next; seldom enough to leave most of a core idle. */
const THINKING_MS = 250;
const SAMPLE_MS = 1_000;

/** Somewhere between none and twice of so many milliseconds. */
function about(ms: number): Promise<void> {
	return pause(Math.random() * 2 * ms);
}

function chance(of: number): boolean {
	return Math.random() < of;
}

/** Somebody visits: comes, perhaps with more tabs or agents that come later, talks, loses the line now and then, and goes. */
async function visit({ url, token }: ChatServer, history: History, session: string): Promise<void> {
	const there = { url, history, session };
	const visitor = await RouterClient.open(there);
	const clients = [visitor];
	for (let said = 0; said < 6; said++) {
		if (chance(0.1)) clients.push(await RouterClient.open({ ...there, user: visitor.reader.user }));
		if (chance(0.1)) clients.push(await RouterClient.open({ ...there, token }));
		for (const client of clients) {
			if (chance(0.6)) client.say(`${said} by ${client.reader.name}: where is my order?`);
			if (chance(0.1)) client.drop();
		}
		await about(THINKING_MS);
	}
	for (const client of clients) await client.idle();
	for (const client of clients) await client.catchUp();
	for (const client of clients) client.close();
}

/** The open file handles of a process, how many of them are sockets, and its memory in MB. */
function resourcesOf({ pid }: ChatServer): { handles: number; sockets: number; memory: number } {
	const [, kilobytes] = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/) ?? [];
	const folder = `/proc/${pid}/fd`;
	// One may have been closed since the folder was read.
	const handles = readdirSync(folder).flatMap((name) => linkOf(join(folder, name)) ?? []);
	const sockets = handles.filter((link) => link.startsWith("socket:")).length;
	return { handles: handles.length, sockets, memory: Math.round(Number(kilobytes) / 1024) };
}

function linkOf(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}

function median(list: readonly number[]): number {
	return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

describe("invariants 1, 2, 3 and 5 under mixed load", () => {
	test(
		`for ${MINUTES} minutes: nothing is lost or doubled, no file handle and no memory is kept`,
		async () => {
			const server = await ChatServer.start({ LOG_LEVEL: "error" });
			keep(server);
			const history = new History();
			const { sockets } = resourcesOf(server);
			// What is opened at the first use isn't what is kept.
			await visit(server, history, "visit-0");
			await eventually(() => expect(resourcesOf(server).sockets).toBe(sockets));
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
			const isLong = MINUTES >= LONG_FROM_MINUTES;
			const quarters = () => {
				const quarter = Math.floor(memory.length / 4);
				return { second: median(memory.slice(quarter, 2 * quarter)), last: median(memory.slice(-quarter)) };
			};
			try {
				await Promise.all([...visiting, watching]);
				await eventually(() => expect(resourcesOf(server).handles).toBe(before.handles));
			} finally {
				const events = history.events.length;
				if (isLong) console.log({ visits, events, before, after: resourcesOf(server), memory: quarters() });
			}
			const { second, last } = quarters();
			if (isLong) expect(last).toBeLessThan(second * 1.25);
			expect(server.log).toBe("");
			// Each visitor caught up before going; a bot may have answered after that.
			await expectRight(server, history, { partial: true });
		},
		MINUTES * 60_000 + 60_000,
	);
});
