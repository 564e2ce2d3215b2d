/** Counts down the writes that a process has left to live; everything after them fails, as in a process that's gone. */
export class Dying {
	/** How many writes there were. */
	writes = 0;

	private last = Number.POSITIVE_INFINITY;

	/** It dies after so many more writes. */
	dieAfter(more: number): void {
		this.last = this.writes + more;
	}

	get isDead(): boolean {
		return this.writes > this.last;
	}

	/** The same, whose calls of these methods are writes. */
	of<T extends object>(target: T, writing: readonly (keyof T)[]): T {
		return new Proxy(target, {
			get: (_, name) => {
				const value: unknown = Reflect.get(target, name, target);
				if (typeof value !== "function") return value;
				return async (...given: unknown[]) => {
					if ((writing as readonly PropertyKey[]).includes(name)) this.writes++;
					if (!this.isDead) return value.apply(target, given);
					throw new Error("The process has died.");
				};
			},
		});
	}
}
