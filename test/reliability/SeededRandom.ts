/** Random decisions that the same seed makes again (mulberry32). */
export class SeededRandom {
	private state: number;

	constructor(readonly seed: number) {
		this.state = seed;
	}

	/** From 0 to 1, without 1. */
	fraction(): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number from `min` to `max`, both included. */
	whole(min: number, max: number): number {
		return min + Math.floor(this.fraction() * (max - min + 1));
	}

	chance(probability: number): boolean {
		return this.fraction() < probability;
	}

	pick<T>(list: readonly [T, ...T[]]): T {
		return list[this.whole(0, list.length - 1)] ?? list[0];
	}

	/** Another one of its own, so that who asks more doesn't change what others get. */
	fork(number: number): SeededRandom {
		return new SeededRandom(Math.imul(this.seed ^ Math.imul(number + 1, 0x9e3779b1), 0x85ebca6b));
	}
}

/** Runs something random; says the seed when it fails. `SEED` in the environment repeats it. */
export async function seeded(run: (random: SeededRandom) => Promise<void>): Promise<void> {
	const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
	try {
		await run(new SeededRandom(seed));
	} catch (error) {
		throw new Error(`With SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
	}
}
