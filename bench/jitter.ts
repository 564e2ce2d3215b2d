import type { Benchmark } from "./Benchmark.js";
import { CpuMeter, generateLoad } from "./load/LoadProcess.js";
import type { Jitter } from "./load/scenarios/jitter.js";
import { inTurns } from "./measure/rounds.js";
import { median } from "./measure/statistics.js";
import { addressOf, ours, type Peer, recovering, socketio } from "./peers/peers.js";

const ROOMS = 500;
/** Each of the two in a room says 2 a second, and hears 2. */
const PER_SECOND = 2 * 2 * ROOMS;

interface MeasuredJitter extends Jitter {
	/** CPUs that the server used. */
	readonly serverCpu: number;
}

async function measure(peer: Peer, seconds: number): Promise<MeasuredJitter> {
	const server = await peer.start();
	try {
		const job = { ...(await addressOf(peer, server)), rooms: ROOMS, seconds, warmUpSeconds: 0, window: 0 };
		const cpu = new CpuMeter(server.pid);
		const result = await generateLoad<Jitter>({ ...job, scenario: "jitter", perSecond: PER_SECOND }, cpu.mark);
		return { ...result, serverCpu: cpu.seconds / seconds };
	} finally {
		await server.stop();
	}
}

export const jitter: Benchmark = {
	summary: "1,000 clients whose sockets are cut every 15 s, each offline for 2 s, against Socket.IO",
	async run({ rounds = 1, seconds = 40 }) {
		const peers = [ours, socketio, recovering];
		const measured = await inTurns(peers, rounds, (peer) => measure(peer, seconds));
		const rows = peers.map(({ name }) => {
			const all = measured.get(name) ?? [];
			const sum = (value: (one: MeasuredJitter) => number) => all.reduce((total, one) => total + value(one), 0);
			const of = (value: (one: MeasuredJitter) => number) => median(all.map(value));
			return [
				name,
				`${(of((one) => one.delivered) * 100).toFixed(3)} %`,
				sum((one) => one.duplicates),
				sum((one) => one.repeated),
				sum((one) => one.disordered),
				of((one) => one.p50),
				of((one) => one.p99),
				of((one) => one.longest),
				of((one) => one.serverCpu),
				sum((one) => one.said),
				sum((one) => one.cut),
			];
		});
		return {
			tables: [
				{
					columns: [
						"",
						"delivered",
						"shown twice",
						"repeated frames",
						"out of order",
						"p50, ms",
						"p99",
						"longest",
						"server, CPUs",
						"said",
						"sockets cut",
					],
					rows,
				},
			],
			notes: [
				`${2 * ROOMS} clients in ${ROOMS} sessions, each saying and hearing 2 messages a second for ${seconds} s; each socket is terminated every 15 s and comes back after 2 s.`,
				"From when it was said, also while the sender was offline itself. Repeated frames are those that our client had by their `seq` and left out.",
				"Socket.IO with its own client, which says again what wasn't acknowledged (`retries`).",
			],
			data: Object.fromEntries(measured),
		};
	},
};
