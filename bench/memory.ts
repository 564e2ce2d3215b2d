import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Benchmark } from "./Benchmark.js";
import { generateLoad } from "./load/LoadProcess.js";
import { residentMb } from "./measure/processes.js";
import { inTurns } from "./measure/rounds.js";
import { median } from "./measure/statistics.js";
import { addressOf, ours, type Peer, socketio, ws } from "./peers/peers.js";
import type { ServerProcess } from "./peers/ServerProcess.js";

const FEW = 1_000;
const MANY = 5 * FEW;
const SETTLE_MS = 2_000;
const COLLECT_MS = 1_500;
const SERVER_ARGS = ["--expose-gc", "--require", resolve("bench/peers/collect.cjs")];

interface Memory {
	/** MB of the server, by its number of connections: as it is, and after a garbage collection. */
	readonly asItIs: Record<number, number>;
	readonly collected: Record<number, number>;
}

async function measure(peer: Peer): Promise<Memory> {
	const server = await peer.start({ nodeArgs: SERVER_ARGS });
	const memory: Memory = { asItIs: {}, collected: {} };
	const note = async (connections: number) => {
		memory.asItIs[connections] = residentMb(server.pid);
		memory.collected[connections] = await collected(server);
	};
	try {
		await pause(SETTLE_MS);
		await note(0);
		const job = {
			...(await addressOf(peer, server)),
			rooms: FEW,
			seconds: 60,
			warmUpSeconds: 0,
			window: 0,
			perSecond: 0,
		};
		await generateLoad({ ...job, scenario: "idle" }, (mark) => void note(Number(mark)));
		return memory;
	} finally {
		await server.stop();
	}
}

async function collected(server: ServerProcess): Promise<number> {
	server.child.kill("SIGUSR2");
	await pause(COLLECT_MS);
	return residentMb(server.pid);
}

export const memory: Benchmark = {
	summary: "memory of the idle server, and of each idle connection, against Socket.IO and bare ws",
	async run({ rounds = 2 }) {
		const peers = [ours, socketio, ws];
		const measured = await inTurns(peers, rounds, measure);
		const rows = peers.map(({ name }) => {
			const all = measured.get(name) ?? [];
			const of = (value: (one: Memory) => number) => median(all.map(value));
			const perConnection = (kind: keyof Memory, count: number) =>
				of((one) => (((one[kind][count] ?? Number.NaN) - (one[kind][0] ?? Number.NaN)) * 1024) / count);
			return [
				name,
				of((one) => one.asItIs[0] ?? Number.NaN),
				perConnection("asItIs", FEW),
				perConnection("asItIs", MANY),
				perConnection("collected", FEW),
				perConnection("collected", MANY),
			];
		});
		return {
			tables: [
				{
					columns: [
						"",
						"idle server, MB",
						`KB each of ${FEW}`,
						`KB each of ${MANY}`,
						`collected, of ${FEW}`,
						`collected, of ${MANY}`,
					],
					rows,
				},
			],
			notes: [
				"Resident memory (RSS). Each connection has joined a room of its own (ours: a session, as a visitor) and is silent.",
				"Collected: after a garbage collection, which tells what a connection needs; before it, what V8 happened to let lie about is in it.",
			],
			data: Object.fromEntries(measured),
		};
	},
};
