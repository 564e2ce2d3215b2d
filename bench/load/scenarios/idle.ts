import { setTimeout as pause } from "node:timers/promises";
import { clientFor } from "../clients/Client.js";
import type { Job } from "../Job.js";

const SIDE_BY_SIDE = 50;
const SETTLE_MS = 3_000;

/** Clients that joined, each a room of its own, and say nothing. `rooms`, then five times as many; a mark after each. */
export async function idle(job: Job, mark: (name: string) => void): Promise<void> {
	let joined = 0;
	for (const count of [job.rooms, 5 * job.rooms]) {
		while (joined < count) {
			const some = Array.from({ length: Math.min(SIDE_BY_SIDE, count - joined) }, (_, i) => {
				const place = { origin: job.origin, token: job.token, room: `bench-idle-${joined + i}`, isFirst: true };
				return clientFor(job.speech, place, { acked() {}, heard() {} }).join();
			});
			await Promise.all(some);
			joined += some.length;
		}
		await pause(SETTLE_MS);
		mark(String(count));
		// While it's measured.
		await pause(SETTLE_MS);
	}
}
