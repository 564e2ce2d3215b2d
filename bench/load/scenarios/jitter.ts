import { setTimeout as pause } from "node:timers/promises";
import { percentile } from "../../measure/statistics.js";
import type { Ears, Place } from "../clients/Client.js";
import { OFFLINE_MS, ReturningClient } from "../clients/ReturningClient.js";
import { ReturningSocketIo } from "../clients/ReturningSocketIo.js";
import type { Job } from "../Job.js";
import { OpenLoop } from "../OpenLoop.js";

const ONLINE_MS = 15_000;
const DRAIN_MS = 15_000;
const SIDE_BY_SIDE = 20;

export interface Jitter {
	readonly said: number;
	/** Share of what was said that the other one heard. */
	readonly delivered: number;
	/** Messages that were shown more than once. */
	readonly duplicates: number;
	/** Frames that the client had already and left out. */
	readonly repeated: number;
	readonly disordered: number;
	/** Milliseconds from when it was said (also while offline) until it was first heard. */
	readonly p50: number;
	readonly p99: number;
	readonly longest: number;
	/** Sockets cut. */
	readonly cut: number;
}

/** Everybody speaks and hears at a fixed rate, and loses its socket again and again. */
export async function jitter(job: Job, mark: (name: string) => void): Promise<Jitter> {
	const due: number[] = [];
	const times: number[] = [];
	const latencies: number[] = [];
	const ears: Ears = {
		acked() {},
		heard(id) {
			const number = Number(id.slice(1));
			times[number] = (times[number] ?? 0) + 1;
			if (times[number] === 1) latencies.push(performance.now() - (due[number] ?? 0));
		},
	};
	const clients = await rooms(job, ears);
	mark("begin");
	const loop = new OpenLoop(job.perSecond, (at) => {
		clients[due.length % clients.length]?.say(`m${due.length}`);
		due.push(at);
	});
	let cut = 0;
	const timers: NodeJS.Timeout[] = [];
	for (const client of clients) {
		const drop = () => {
			cut++;
			client.drop();
			timers.push(setTimeout(drop, ONLINE_MS + OFFLINE_MS));
		};
		timers.push(setTimeout(drop, Math.random() * ONLINE_MS));
	}
	loop.start();
	await pause(job.seconds * 1000);
	loop.stop();
	mark("end");
	for (const timer of timers) clearTimeout(timer);
	const end = performance.now() + DRAIN_MS;
	while (latencies.length < due.length && performance.now() < end) await pause(50);
	// A duplicate may come after all is there.
	await pause(1_000);
	return {
		said: due.length,
		delivered: latencies.length / due.length,
		duplicates: times.filter((count) => count > 1).length,
		repeated: clients.reduce((sum, client) => sum + client.repeated, 0),
		disordered: clients.reduce((sum, client) => sum + client.disordered, 0),
		p50: percentile(latencies, 0.5),
		p99: percentile(latencies, 0.99),
		longest: percentile(latencies, 1),
		cut,
	};
}

async function rooms(
	{ speech, origin, token, rooms }: Job,
	ears: Ears,
): Promise<(ReturningClient | ReturningSocketIo)[]> {
	const run = crypto.randomUUID();
	const Kind = speech === "ours" ? ReturningClient : ReturningSocketIo;
	const clients: (ReturningClient | ReturningSocketIo)[] = [];
	const fill = async (room: Pick<Place, "room">) => {
		for (const isFirst of [true, false]) {
			const client = new Kind({ origin, token, isFirst, ...room }, ears);
			await client.join();
			clients.push(client);
		}
	};
	for (let i = 0; i < rooms; i += SIDE_BY_SIDE) {
		const some = Array.from({ length: Math.min(SIDE_BY_SIDE, rooms - i) }, (_, j) =>
			fill({ room: `bench-${run}-${i + j}` }),
		);
		await Promise.all(some);
	}
	return clients;
}
