import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Load } from "../../src/server/sockets/Load.js";

/** A window of the measure. */
const WINDOW_MS = 1_000;
/** Longer than that, and than its limit. */
const BLOCK_MS = 2_200;
const MANY = 5_000;

describe("the event loop", () => {
	/** Delays that a test sets, in milliseconds: those of a real one depend on what else the machine does. */
	class Delays {
		ms = 0;
		isEnabled = false;
		get mean() {
			return this.isEnabled ? this.ms * 1e6 : Number.NaN;
		}
		enable = () => {
			this.isEnabled = true;
			return true;
		};
		disable = () => {
			this.isEnabled = false;
			return true;
		};
		reset() {
			this.ms = 0;
		}
	}

	beforeEach(() => void jest.useFakeTimers());
	afterEach(() => void jest.useRealTimers());

	test("that is held up once isn't too much to do; in one window after the other it is, until it isn't any more", () => {
		const delays = new Delays();
		const load = new Load(delays);
		const windows = (...all: number[]) =>
			all.map((ms) => {
				delays.ms = ms;
				jest.advanceTimersByTime(WINDOW_MS);
				return load.isTooHigh;
			});
		expect(windows(20, 1_001, 1_000)).toEqual([false, false, false]);
		expect(windows(2_200, 1_001, 3_000, 20)).toEqual([false, true, true, false]);
		load.close();
		expect(delays.isEnabled).toBe(false);
		expect(windows(2_200, 2_200)).toEqual([false, false]);
	});
});

describe("a real process", () => {
	let load: Load;
	beforeEach(() => {
		load = new Load();
	});
	afterEach(() => load.close());

	/** Keeps the event loop from turning, as one long computation does; then lets it turn once. */
	async function block(): Promise<void> {
		const end = performance.now() + BLOCK_MS;
		while (performance.now() < end);
		await once(AbortSignal.timeout(50), "abort");
	}

	test("has too much to do when one thing after the other takes long", async () => {
		expect(load.isTooHigh).toBe(false);
		// The measure begins when the loop turns.
		await once(AbortSignal.timeout(50), "abort");
		for (let blocks = 0; blocks < 4 && !load.isTooHigh; blocks++) await block();
		expect(load.isTooHigh).toBe(true);
	});

	test("has too much to do with as many frames as can be in hand", () => {
		load.framesInHand = MANY - 1;
		expect(load.isTooHigh).toBe(false);
		load.framesInHand = MANY;
		expect(load.isTooHigh).toBe(true);
	});
});
