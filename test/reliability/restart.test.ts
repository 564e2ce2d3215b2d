import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { percentile } from "../../bench/measure/statistics.js";
import { ChatServer } from "../e2e/ChatServer.js";
import { check } from "./check.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { size } from "./size.js";
import { readStored } from "./storedLogs.js";

const CLIENTS = 2_000;
/** Restarts of each kind. */
const ROUNDS = size(1);
/** The sessions in which a visitor and an agent talk. */
const TALKING = 50;
const SIDE_BY_SIDE = 50;
const SAY_EVERY_MS = 1_000;
/** Full jitter: whoever lost the server tries again at any time within this. */
const VISITORS_BACK_WITHIN_MS = 2_000;
/** Agents first, so that they speak while visitors are still away. */
const AGENTS_BACK_WITHIN_MS = 300;
/** They are back within some seconds where nothing else runs; this is for a machine that is busy with other tests. */
const LATEST_MS = 45_000;

const history = new History();
const visitors: RouterClient[] = [];
const agents: RouterClient[] = [];
let server: ChatServer;
let talking: NodeJS.Timeout | undefined;

beforeAll(async () => {
	server = await ChatServer.start({ LOG_LEVEL: "error" });
	for (let first = 0; first < CLIENTS - TALKING; first += SIDE_BY_SIDE) {
		const numbers = Array.from(
			{ length: Math.min(SIDE_BY_SIDE, CLIENTS - TALKING - first) },
			(_, index) => first + index,
		);
		visitors.push(...(await Promise.all(numbers.map((number) => open(number, VISITORS_BACK_WITHIN_MS)))));
	}
	for (let room = 0; room < TALKING; room++) agents.push(await open(room, AGENTS_BACK_WITHIN_MS, server.token));
	let said = 0;
	talking = setInterval(() => {
		said++;
		for (const client of talkers()) client.say(`Number ${said}`);
	}, SAY_EVERY_MS);
	await Promise.all(talkers().map((client) => client.until(() => client.last >= 2)));
}, 60_000);

afterAll(async () => {
	clearInterval(talking);
	for (const client of [...visitors, ...agents]) client.close();
	await server?.close();
});

describe(`invariants 1 to 3: with ${CLIENTS} clients, each in a session`, () => {
	const rounds = Array.from({ length: ROUNDS }, (): [string, () => Promise<void>][] => [
		["is asked to stop", () => server.stop()],
		["is killed", () => server.kill()],
	]);
	test.each(rounds.flat())(
		"a server that %s and is started again has all of them back",
		async (_, end) => {
			const lostAt = performance.now();
			const clients = [...visitors, ...agents];
			const returned = clients.map(async (client) => {
				const before = client.arrivals;
				await client.until(() => client.arrivals > before, LATEST_MS);
				return performance.now();
			});
			await end();
			await server.start();
			const startedAt = performance.now();
			const times = await Promise.all(returned);
			expect(times).toHaveLength(CLIENTS);
			const seconds = [0.5, 0.95, 1].map((share) => ((percentile(times, share) - startedAt) / 1000).toFixed(1));
			console.log(
				`Down for ${((startedAt - lostAt) / 1000).toFixed(1)} s; then half, 95 % and all were back after ${seconds} s.`,
			);

			// What agents said, and had acknowledged, while their visitor was still away.
			const backAt = new Map(visitors.map(({ reader }, index) => [reader.session, times[index] ?? 0]));
			const names = new Set(agents.map(({ reader }) => reader.name));
			const meanwhile = history
				.of("acknowledged")
				.filter(({ reader, session, at }) => names.has(reader) && at > lostAt && at < (backAt.get(session) ?? 0));
			expect(meanwhile.length).toBeGreaterThan(TALKING / 2);
		},
		60_000,
	);

	test("nothing that was said meanwhile is lost, doubled or out of order", async () => {
		clearInterval(talking);
		await Promise.all(talkers().map((client) => client.idle()));
		await Promise.all([...visitors, ...agents].map((client) => client.catchUp()));
		await server.kill();
		// Nothing went wrong inside.
		expect(server.log).toBe("");
		const { logs } = readStored(server.dataDir);
		for (const { session } of history.readers) history.logs.set(session, logs.get(session) ?? []);
		expect(check(history)).toEqual([]);
		// Who is told that the server has too much to do tries again; anything else would be for good.
		expect(history.of("refused").filter(({ retryable }) => !retryable)).toEqual([]);
	}, 60_000);
});

function talkers(): RouterClient[] {
	return [...visitors.slice(0, TALKING), ...agents];
}

function open(number: number, backWithinMs: number, token?: string): Promise<RouterClient> {
	const reconnectAfterMs = () => Math.random() * backWithinMs;
	return RouterClient.open({ url: server.url, history, session: `session-${number}`, token, reconnectAfterMs });
}
