import { expect, test } from "@jest/globals";
import { Load } from "../../src/server/sockets/Load.js";
import { TokenBucket } from "../../src/server/sockets/TokenBucket.js";

test("A bucket lets its burst through at once, and its rate in the long run", () => {
	let now = 0;
	const bucket = new TokenBucket(10, 3, () => now);
	const taken = (count: number) => Array.from({ length: count }, () => bucket.take());
	expect(taken(5)).toEqual([true, true, true, false, false]);
	now = 250;
	expect(taken(3)).toEqual([true, true, false]);
	now = 3_600_000;
	expect(taken(4)).toEqual([true, true, true, false]);
});

test("The load is too high with too many frames in hand, and no longer when they are done", () => {
	const load = new Load();
	expect(load.isTooHigh).toBe(false);
	load.framesInHand = 5_000;
	expect(load.isTooHigh).toBe(true);
	load.framesInHand--;
	expect(load.isTooHigh).toBe(false);
	load.close();
});
