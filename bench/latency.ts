import type { Benchmark } from "./Benchmark.js";
import { generateLoad } from "./load/LoadProcess.js";
import type { Latency } from "./load/scenarios/latency.js";
import { inTurns, ratios } from "./measure/rounds.js";
import { median, spread } from "./measure/statistics.js";
import { addressOf, ours, type Peer, socketio, ws } from "./peers/peers.js";
import { ROOMS } from "./throughput.js";

const PER_SECOND = 2_000;
const WARM_UP_S = 3;

async function measure(peer: Peer, seconds: number): Promise<Latency> {
	const server = await peer.start();
	try {
		const job = { ...(await addressOf(peer, server)), rooms: ROOMS, seconds, warmUpSeconds: WARM_UP_S };
		return await generateLoad<Latency>({ ...job, scenario: "latency", window: 0, perSecond: PER_SECOND });
	} finally {
		await server.stop();
	}
}

export const latency: Benchmark = {
	summary: `round trips at a fixed ${PER_SECOND.toLocaleString("en-US")} messages a second, against bare ws and Socket.IO`,
	async run({ rounds = 3, seconds = 8 }) {
		const peers = [ours, socketio, ws];
		const measured = await inTurns(peers, rounds, (peer) => measure(peer, seconds));
		const rows = peers.map(({ name }) => {
			const all = measured.get(name) ?? [];
			const of = (value: (one: Latency) => number) => spread(all.map(value));
			return [
				name,
				of((one) => one.heard.p50),
				of((one) => one.heard.p99),
				of((one) => one.acked.p50),
				of((one) => one.acked.p99),
				spread(
					ratios(measured, name, ws.name, (one) => one.heard.p99),
					1,
				),
				median(all.map((one) => one.perSecond)),
				all.reduce((sum, one) => sum + one.lost, 0),
			];
		});
		return {
			tables: [
				{
					columns: [
						"",
						"heard p50, ms",
						"heard p99",
						"acked p50",
						"acked p99",
						"heard p99 to bare ws",
						"messages/s",
						"lost",
					],
					rows,
				},
			],
			notes: [
				`${ROOMS} rooms of two, 150 B of text, ${rounds} rounds of ${seconds} s after ${WARM_UP_S} s; median of the rounds, with the range.`,
				"Heard: from a client through the server to the other one; acked: back to itself. From when it was due (open loop).",
			],
			data: Object.fromEntries(measured),
		};
	},
};
