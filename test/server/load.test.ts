import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Load } from "../../src/server/sockets/Load.js";

/** Longer than a window of the measure, and its limit. */
const BLOCK_MS = 2_200;
const MANY = 5_000;

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

test("one thing that takes long isn't too much to do; one after the other is", async () => {
	// The measure begins when the loop turns.
	await once(AbortSignal.timeout(50), "abort");
	await block();
	expect(load.isTooHigh).toBe(false);
	await block();
	expect(load.isTooHigh).toBe(true);
}, 15_000);

test("as many frames as can be in hand are too many to take more", () => {
	load.framesInHand = MANY - 1;
	expect(load.isTooHigh).toBe(false);
	load.framesInHand = MANY;
	expect(load.isTooHigh).toBe(true);
});
