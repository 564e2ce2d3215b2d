import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 50;

/** Checks again and again until nothing is thrown; throws what the last check did when the time is over. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
	const end = performance.now() + withinMs;
	for (;;) {
		try {
			return await check();
		} catch (error) {
			if (performance.now() > end) throw error;
		}
		await pause(EVERY_MS);
	}
}
