import { setTimeout as pause } from "node:timers/promises";
import { percentile } from "../../measure/statistics.js";
import { fillRooms } from "../clients/Client.js";
import type { Job } from "../Job.js";
import { OpenLoop } from "../OpenLoop.js";

const DRAIN_MS = 10_000;

export interface Latency {
	/** Milliseconds from when a message was due to its acknowledgement, and until the other one heard it. */
	readonly acked: { readonly p50: number; readonly p99: number };
	readonly heard: { readonly p50: number; readonly p99: number };
	/** Said and never heard. */
	readonly lost: number;
	readonly perSecond: number;
	readonly generatorCpu: number;
}

/** A fixed number of messages a second, whatever the server does. */
export async function latency(job: Job, mark: (name: string) => void): Promise<Latency> {
	const due: number[] = [];
	const acked: number[] = [];
	const heard: number[] = [];
	let heardInAll = 0;
	const note = (into: number[], id: string) => {
		const at = due[Number(id.slice(1))] ?? 0;
		if (at >= begin) into.push(performance.now() - at);
	};
	let begin = Number.POSITIVE_INFINITY;
	const rooms = await fillRooms(job, () => ({
		acked: (id) => note(acked, id),
		heard: (id) => {
			heardInAll++;
			note(heard, id);
		},
	}));
	const clients = rooms.flat();
	const loop = new OpenLoop(job.perSecond, (at) => {
		const id = `m${due.length}`;
		clients[due.length % clients.length]?.say(id);
		due.push(at);
	});
	loop.start();
	await pause(job.warmUpSeconds * 1000);
	mark("begin");
	begin = performance.now();
	const cpu = process.cpuUsage();
	await pause(job.seconds * 1000);
	const { user, system } = process.cpuUsage(cpu);
	mark("end");
	loop.stop();
	const end = performance.now() + DRAIN_MS;
	while (heardInAll < due.length && performance.now() < end) await pause(20);
	return {
		acked: { p50: percentile(acked, 0.5), p99: percentile(acked, 0.99) },
		heard: { p50: percentile(heard, 0.5), p99: percentile(heard, 0.99) },
		lost: due.length - heardInAll,
		perSecond: heard.length / job.seconds,
		generatorCpu: (user + system) / 1e6 / job.seconds,
	};
}
