import { setTimeout as pause } from "node:timers/promises";
import { type Client, fillRooms } from "../clients/Client.js";
import type { Job } from "../Job.js";

const DRAIN_MS = 10_000;

export interface Throughput {
	/** Messages a second that were taken, and that the other one heard. */
	readonly ackedPerSecond: number;
	readonly heardPerSecond: number;
	/** Acknowledged, and never heard. */
	readonly lost: number;
	/** What the load generator used of one CPU: near 1 it's the limit, not the server. */
	readonly generatorCpu: number;
}

/** Everybody speaks as fast as acknowledgements come back: a closed loop with a window. */
export async function throughput(job: Job, mark: (name: string) => void): Promise<Throughput> {
	const counts = { said: 0, acked: 0, heard: 0 };
	let isOver = false;
	const clients: Client[] = [];
	const speak = (client: number) => clients[client]?.say(`m${counts.said++}`);
	const rooms = await fillRooms(job, (client) => ({
		acked() {
			counts.acked++;
			if (!isOver) speak(client);
		},
		heard() {
			counts.heard++;
		},
	}));
	clients.push(...rooms.flat());
	for (const client of clients.keys()) for (let i = 0; i < job.window; i++) speak(client);

	await pause(job.warmUpSeconds * 1000);
	mark("begin");
	const before = { ...counts, at: performance.now(), cpu: process.cpuUsage() };
	await pause(job.seconds * 1000);
	const after = { ...counts, at: performance.now(), cpu: process.cpuUsage(before.cpu) };
	mark("end");
	isOver = true;
	const end = performance.now() + DRAIN_MS;
	while ((counts.acked < counts.said || counts.heard < counts.said) && performance.now() < end) await pause(50);

	const ms = after.at - before.at;
	return {
		ackedPerSecond: ((after.acked - before.acked) / ms) * 1000,
		heardPerSecond: ((after.heard - before.heard) / ms) * 1000,
		lost: counts.acked - counts.heard,
		generatorCpu: (after.cpu.user + after.cpu.system) / 1000 / ms,
	};
}
