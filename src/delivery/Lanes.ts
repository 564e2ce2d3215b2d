import { isPromise } from "./isPromise.js";

/** Runs jobs of one key one after the other, in the order they came; jobs of different keys beside each other. */
export class Lanes {
	private readonly tails = new Map<string, Promise<unknown>>();

	/** What is done at once, because nothing is before it and it waits for nothing, is answered at once. */
	run<T>(key: string, job: () => Promise<T>): Promise<T>;
	run<T>(key: string, job: () => T | Promise<T>): T | Promise<T>;
	run<T>(key: string, job: () => T | Promise<T>): T | Promise<T> {
		const before = this.tails.get(key);
		// A job's failure is its caller's; the next one runs all the same.
		const result = before ? before.then(job, job) : job();
		if (!isPromise(result)) return result;
		this.tails.set(key, result);
		const done = () => {
			if (this.tails.get(key) === result) this.tails.delete(key);
		};
		result.then(done, done);
		return result;
	}

	get isIdle(): boolean {
		return this.tails.size === 0;
	}

	/** Resolves when what was under way when called, and what that started, is done. */
	async idle(): Promise<void> {
		while (this.tails.size > 0) await Promise.allSettled(this.tails.values());
	}
}
