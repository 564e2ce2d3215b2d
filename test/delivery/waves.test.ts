import { expect, test } from "@jest/globals";
import { Waves } from "../../src/delivery/Waves.js";

/** Lets `count` in at once; answers who is in, and has them leave. */
async function entering(waves: Waves, count: number) {
	const inside = new Map<number, () => void>();
	for (let i = 0; i < count; i++) void waves.enter().then((leave) => inside.set(i, leave));
	await settled();
	return inside;
}

async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

test("nobody waits while less than two waves are under way", async () => {
	const inside = await entering(new Waves(), 2);
	expect([...inside.keys()]).toEqual([0, 1]);
});

test("who comes later waits for a wave to end; then half of those who wait are in, in the order they came", async () => {
	const inside = await entering(new Waves(), 42);
	expect(inside.size).toBe(2);
	inside.get(0)?.();
	await settled();
	expect([...inside.keys()]).toEqual(Array.from({ length: 22 }, (_, i) => i));
	// The second wave is one member; the third ends when its last one leaves.
	for (let i = 2; i < 21; i++) inside.get(i)?.();
	await settled();
	expect(inside.size).toBe(22);
	inside.get(21)?.();
	await settled();
	expect(inside.size).toBe(32);
});

test("leaving twice ends no other one's wave", async () => {
	const waves = new Waves();
	const inside = await entering(waves, 20);
	for (let i = 0; i < 3; i++) inside.get(0)?.();
	await settled();
	expect(inside.size).toBe(2 + 9);
});

test("in the end everybody was in", async () => {
	const waves = new Waves();
	let through = 0;
	await Promise.all(
		Array.from({ length: 500 }, async (_, i) => {
			const leave = await waves.enter();
			if (i % 3 === 0) await settled();
			leave();
			through++;
		}),
	);
	expect(through).toBe(500);
	expect((await entering(waves, 1)).size).toBe(1);
});
