import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { residentMb } from "../../bench/measure/processes.js";
import { eventually } from "../support/eventually.js";
import { brokenFrames, pings } from "./brokenFrames.js";
import { FrameGrammar } from "./FrameGrammar.js";
import { FuzzedServer } from "./FuzzedServer.js";
import { Fuzzer } from "./Fuzzer.js";
import { costly, mutations } from "./mutations.js";
import { realFrames } from "./realFrames.js";
import { type SeededRandom, seeded } from "./SeededRandom.js";
import { size } from "./size.js";

const FRAMES = size(100_000);
const SOCKETS = 20;
/** Sent at once by a socket: so few that the server, its rate limit off, is never too busy for others on a slow machine. */
const BATCH = 40;
/** Batches after which a socket gives its place to a new one, with a session of its own. */
const BATCHES = 25;
const COSTLY = 0.01;
/** Frames after which code is compiled, and caches and the heap have their usual size. */
const WARM = FRAMES / 3;
/** What the process may hold more than then: a leak of 1 KB a frame were 65 MB; the heap itself comes and goes by 40. */
const GROWTH_MB = 64;
const BROKEN = size(4);

const EXPECTED_REFUSALS = [
	"agent_token_required",
	"frame_too_large",
	"invalid_frame",
	"message_conflict",
	"not_joined",
	"session_unknown",
	"unknown_event",
];

let fuzzed: FuzzedServer;
let pid = Number.NaN;

beforeAll(async () => {
	fuzzed = await FuzzedServer.start();
	pid = fuzzed.server.pid ?? Number.NaN;
}, 60_000);

afterAll(() => fuzzed?.close());

/** The same process answers, has logged no failure of its own, and nobody's connection was lost or refused anything. */
afterEach(async () => {
	const response = await fetch(`${fuzzed.server.url}/healthz`);
	expect(response.status).toBe(200);
	expect(fuzzed.server.pid).toBe(pid);
	expect(fuzzed.server.log).toBe("");
	expect(fuzzed.history.of("refused")).toEqual([]);
	expect(fuzzed.arrivals.every((times) => times === 1)).toBe(true);
});

describe("whatever is sent, the process lives, its memory returns, and", () => {
	test(
		"frames of a grammar, and real ones mutated, are answered, on connections that stay open",
		() =>
			seeded(async (random) => {
				const { server } = fuzzed;
				const refusals = new Map<string, number>();
				let warmMb = Number.NaN;
				let reached = 0;
				let opened = 0;
				const socket = async () => {
					while (reached < FRAMES) {
						const number = opened++;
						const session = `fuzz-${random.seed}-${number}`;
						const fuzzer = await Fuzzer.connect(server.url, queryOf(number, session, server.token));
						const others = isAgent(number) ? `fuzz-${random.seed}-${number - 1}` : "honest-0";
						const frames = frameSource(random.fork(number), session, others);
						for (let batch = 0; batch < BATCHES && reached < FRAMES; batch++) {
							await fuzzer.send(Array.from({ length: BATCH }, frames));
							reached += BATCH;
							if (Number.isNaN(warmMb) && reached >= WARM) warmMb = residentMb(pid);
						}
						for (const [code, count] of fuzzer.refusals) refusals.set(code, (refusals.get(code) ?? 0) + count);
						fuzzer.close();
					}
				};
				await Promise.all(Array.from({ length: SOCKETS }, socket));
				expect(reached).toBeGreaterThanOrEqual(FRAMES);
				// Or else it's not the whole of decoder and post office that was reached. Nothing is `internal`.
				expect([...refusals.keys()].sort()).toEqual(EXPECTED_REFUSALS);
				await eventually(() => expect(residentMb(pid) - warmMb).toBeLessThan(GROWTH_MB), 20_000);
			}),
		180_000,
	);

	test.each(Object.entries(brokenFrames))("%s", (_, { bytes, closes }) =>
		seeded(async (random) => {
			const before = residentMb(pid);
			const several = Array.from({ length: BROKEN }, async () => {
				const { socket, stream } = await rawSocket(fuzzed.server.url);
				const heard: string[] = [];
				const closed: number[] = [];
				socket.on("message", (text) => heard.push(text.toString()));
				socket.on("close", (code) => closed.push(code));
				stream.write(bytes(random));
				if (closes.length === 0) socket.send('{"event":"typing","sessionId":"mark"}');
				await eventually(() => expect(closed.length > 0 || heard.some((text) => text.includes("mark"))).toBe(true));
				expect(closed).toEqual(closes);
				socket.terminate();
			});
			await Promise.all(several);
			await eventually(() => expect(residentMb(pid) - before).toBeLessThan(GROWTH_MB), 20_000);
		}),
	);

	test("pings of a peer that reads none of the pongs get it cut", async () => {
		const before = residentMb(pid);
		const { socket, stream } = await rawSocket(fuzzed.server.url);
		socket.pause();
		const flood = pings(1_000);
		// What isn't read is kept by the system at first.
		const MOST = 500;
		let sent = 0;
		while (!stream.destroyed && sent++ < MOST) {
			if (!stream.write(flood))
				await Promise.race([once(stream, "drain"), once(socket, "close")]).catch(() => undefined);
		}
		expect(sent).toBeLessThan(MOST);
		expect(residentMb(pid) - before).toBeLessThan(GROWTH_MB);
	});

	test("invariants 1 to 3: what honest clients said meanwhile is acknowledged, whole, in order and once", async () => {
		expect(await fuzzed.conclude()).toEqual([]);
		expect(fuzzed.history.of("acknowledged").length).toBeGreaterThan(0);
		fuzzed = await FuzzedServer.start();
		pid = fuzzed.server.pid ?? Number.NaN;
	}, 60_000);
});

/** A WebSocket connection, and the stream below it to write into what isn't one's frames. */
async function rawSocket(url: string): Promise<{ socket: WebSocket; stream: Socket }> {
	const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws?userId=user-${randomUUID()}`);
	socket.on("error", () => {});
	let stream: Socket | undefined;
	socket.once("upgrade", (response) => {
		stream = response.socket;
	});
	await once(socket, "open");
	if (!stream) throw new Error("There was no upgrade.");
	stream.on("error", () => {});
	return { socket, stream };
}

function queryOf(number: number, session: string, token: string): Record<string, string> {
	const userId = `user-${randomUUID()}`;
	return isAgent(number) ? { userId, isAdmin: "true", token, sessionId: session } : { userId, isAdmin: "false" };
}

function isAgent(number: number): boolean {
	return number % 4 === 3;
}

/** Frames that name its own session most of the time, else one of others. */
function frameSource(random: SeededRandom, session: string, others: string): () => string {
	const grammar = new FrameGrammar(random, [session, session, session, others]);
	const material = { random, grammar };
	const real = realFrames(session);
	return () => {
		if (random.chance(0.4)) return grammar.frame();
		let frame = random.pick(real);
		if (random.chance(0.05)) return frame;
		const times = random.chance(0.7) ? 1 : random.whole(2, 4);
		for (let time = 0; time < times; time++) frame = random.pick(mutations)(frame, material);
		return random.chance(COSTLY) ? random.pick(costly)(frame, material) : frame;
	};
}
