import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { keep } from "../support/afterwards.js";
import { eventually } from "../support/eventually.js";
import { expectRight } from "./expectRight.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { SlowLine } from "./SlowLine.js";
import { StockWidget } from "./StockWidget.js";
import { size } from "./size.js";

const FAST = 10;
const MESSAGES = size(160);
const EVERY_MS = 30;
const BYTES = 90_000;
const WORDS = "w".repeat(BYTES);
/** What may wait for one reader here, and what the system's buffers of a connection may hold besides. */
const MOST_WAITING = 5 * 1024 * 1024 + 6 * 1024 * 1024;
/** Heartbeats are 20 s apart; who was dropped for reading too slowly is cut at the next one. */
const CUT_WITHIN_MS = 60_000;
const MEMORY_SLACK_MB = 100;

/** A visitor with the published widget and an agent, who may be on slow lines; ten agents who aren't; and one who talks. */
async function givenSession(server: ChatServer, history: History, session: string, line: { url: string } = server) {
	const there = { url: server.url, history, session, token: server.token };
	const widget = keep(new StockWidget(line.url, session));
	await eventually(() => expect(widget.isOpen).toBe(true));
	const speaker = keep(await RouterClient.open({ ...there, name: `${session}-speaker` }));
	const reader = keep(await RouterClient.open({ ...there, name: `${session}-reader`, url: line.url }));
	const fast: RouterClient[] = [];
	while (fast.length < FAST)
		fast.push(keep(await RouterClient.open({ ...there, name: `${session}-fast-${fast.length}` })));
	return { widget, speaker, reader, fast };
}

/** Says everything, and waits until the fast ones have it; answers the most memory that the server had, in MB. */
async function talk({ pid }: ChatServer, speaker: RouterClient, fast: readonly RouterClient[]): Promise<number> {
	let most = 0;
	for (let index = 0; index < MESSAGES; index++) {
		speaker.say(`${index} ${WORDS}`);
		const [, kilobytes] = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/) ?? [];
		most = Math.max(most, Number(kilobytes) / 1024);
		await pause(EVERY_MS);
	}
	await speaker.idle();
	for (const client of fast) await client.until(() => client.last === speaker.last);
	return most;
}

/** From saying to being shown at a fast reader: so long it took for 99 of 100, in milliseconds. */
function p99(history: History, session: string): number {
	const sent = new Map(history.of("sent").map(({ messageId, at }) => [messageId, at]));
	const shown = history.of("shown").filter(({ reader }) => reader.startsWith(`${session}-fast`));
	const taken = shown.map(({ messageId, at }) => at - (sent.get(messageId) ?? Number.NaN)).filter((ms) => ms > 0);
	expect(taken).toHaveLength(FAST * MESSAGES);
	return taken.sort((a, b) => a - b)[Math.floor(taken.length * 0.99)] ?? Number.NaN;
}

/** The first entries that slow readers weren't handed any more. */
function refusedFirst({ log }: ChatServer): number[] {
	const lines = log.split("\n").filter((line) => line.includes('"reader too slow"'));
	const first = new Map<string, number>();
	for (const line of lines) {
		const { to, seq } = JSON.parse(line) as { to: string; seq: number };
		if (!first.has(to)) first.set(to, seq);
	}
	return [...first.values()];
}

describe("invariants 1 and 3: a slow reader", () => {
	test(`beside ${FAST} fast ones holds nobody up, is dropped, and recovers whole`, async () => {
		const server = keep(await ChatServer.start());
		const history = new History();
		const usual = await givenSession(server, history, "usual");
		const usualMemory = await talk(server, usual.speaker, [...usual.fast, usual.reader]);
		for (const client of [usual.widget, usual.speaker, usual.reader, ...usual.fast]) client.close();

		const gone = { event: "disconnected" };
		const usualReaders = FAST + 3;
		await eventually(() => expect(server.logged(gone)).toBe(usualReaders));

		const line = keep(await SlowLine.to(server.url));
		const { widget, speaker, reader, fast } = await givenSession(server, history, "slowed", line);
		const [begun, before] = [speaker.last, server.logged(gone)];
		line.isSlow = true;
		const memory = await talk(server, speaker, fast);
		const figures = { usual: p99(history, "usual"), slowed: p99(history, "slowed"), usualMemory, memory };
		if (process.env.RELIABILITY) console.log(figures);
		// A reader that held the others up would do so for minutes.
		expect(figures.slowed).toBeLessThan(figures.usual * 3 + 500);
		expect(memory).toBeLessThan(usualMemory + MEMORY_SLACK_MB);

		const refused = refusedFirst(server);
		expect(refused).toHaveLength(2);
		for (const seq of refused) expect((seq - begun) * BYTES).toBeLessThan(MOST_WAITING);
		await eventually(() => expect(server.logged(gone) - before).toBe(2), CUT_WITHIN_MS);
		expect(fast.map(({ arrivals }) => arrivals)).toEqual(fast.map(() => 1));

		const had = widget.read.length;
		line.isSlow = false;
		widget.comeBack();
		speaker.say("the end");
		await speaker.idle();
		await reader.until(() => reader.last === speaker.last);
		await eventually(() => expect(widget.read).toContain("the end"));
		const read = widget.read.map((text) => text.replace(` ${WORDS}`, ""));
		const said = Array.from({ length: MESSAGES }, (_, index) => String(index));
		// What it had and couldn't confirm comes again; the widget knows it by its time.
		expect(had).toBeLessThan(MESSAGES / 10);
		expect([...new Set(read)]).toEqual([...said, "the end"]);
		expect(read.slice(had)).toEqual([...new Set(read.slice(had))]);
		for (const client of [reader, speaker, ...fast]) await client.catchUp();
		// Those of the usual session were gone before its end.
		await expectRight(server, history, { partial: true });
	}, 180_000);
});
