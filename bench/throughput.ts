import type { Benchmark } from "./Benchmark.js";
import { CpuMeter, generateLoad } from "./load/LoadProcess.js";
import type { Throughput } from "./load/scenarios/throughput.js";
import { inTurns, ratios } from "./measure/rounds.js";
import { median, spread } from "./measure/statistics.js";
import { addressOf, office, ours, type Peer, socketio, ws } from "./peers/peers.js";
import type { StartOptions } from "./peers/ServerProcess.js";

export interface ThroughputOptions {
	readonly seconds: number;
	readonly window: number;
}

export interface MeasuredThroughput extends Throughput {
	/** Microseconds of the server's CPU for each message that was heard. */
	readonly cpuPerMessage: number;
}

export const ROOMS = 50;
const WARM_UP_S = 3;

/** One server and one load generator, both fresh. */
export async function measureThroughput(
	peer: Peer,
	{ seconds, window }: ThroughputOptions,
	start?: StartOptions,
): Promise<MeasuredThroughput> {
	const server = await peer.start(start);
	try {
		const cpu = new CpuMeter(server.pid);
		const job = {
			...(await addressOf(peer, server)),
			rooms: ROOMS,
			seconds,
			warmUpSeconds: WARM_UP_S,
			window,
			perSecond: 0,
		};
		const result = await generateLoad<Throughput>({ ...job, scenario: "throughput" }, cpu.mark);
		return { ...result, cpuPerMessage: (cpu.seconds * 1e6) / (result.heardPerSecond * seconds) };
	} finally {
		await server.stop();
	}
}

export const throughput: Benchmark = {
	summary: "durable messages a second, acknowledged and heard, against Socket.IO and bare ws, which keep nothing",
	async run({ rounds = 3, seconds = 6, window = 8, only = "" }) {
		const peers = [ours, office, socketio, ws].filter(({ name }) => name.includes(only));
		const measured = await inTurns(peers, rounds, (peer) => measureThroughput(peer, { seconds, window }));
		const rows = peers.map(({ name }) => {
			const all = measured.get(name) ?? [];
			const of = (value: (one: MeasuredThroughput) => number) => all.map(value);
			return [
				name,
				spread(
					of((one) => one.heardPerSecond),
					0,
				),
				spread(ratios(measured, name, socketio.name, (one) => one.heardPerSecond)),
				median(of((one) => one.cpuPerMessage)),
				median(of((one) => one.generatorCpu)),
				of((one) => one.lost).reduce((a, b) => a + b, 0),
			];
		});
		return {
			tables: [
				{
					columns: ["", "messages/s", "ratio to Socket.IO", "server CPU, µs a message", "load generator, CPUs", "lost"],
					rows,
				},
			],
			notes: [
				`${ROOMS} rooms of two, 150 B of text, ${window} in flight for each client; medians of ${rounds} rounds of ${seconds} s after ${WARM_UP_S} s, with the range.`,
				"A load generator near 1 CPU is the limit itself: then compare the server's CPU for a message.",
			],
			data: Object.fromEntries(measured),
		};
	},
};
