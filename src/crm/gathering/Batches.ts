/** What waits to be worked on, of one key. */
interface Batch<T> {
	readonly items: T[];
	readonly done: Promise<void>;
	readonly finish: () => void;
}

/**
 * Has what comes worked on in batches of one key: the first at once, what comes then together with all that comes until
 * the pause after it is over; something that presses ends the pause. Keys are worked on beside each other.
 */
export class Batches<T> {
	/** By key: what waits, or undefined while only the pause is to be kept. */
	private readonly waiting = new Map<string, Batch<T> | undefined>();
	private readonly unfinished = new Set<Batch<T>>();
	/** What ends the pause of a key. */
	private readonly pauses = new Map<string, () => void>();
	/** Keys for which something waits that presses. */
	private readonly pressing = new Set<string>();
	private failure: { readonly error: unknown } | undefined;
	private isHurried = false;

	constructor(
		private readonly work: (key: string, items: readonly T[]) => Promise<void>,
		private readonly pauseMs: number,
	) {}

	add(given: readonly (readonly [key: string, item: T, presses?: boolean])[]): void {
		const started = new Set<string>();
		for (const [key, item, presses = false] of given) {
			if (!this.waiting.has(key)) started.add(key);
			const batch = this.waiting.get(key) ?? this.begin(key);
			batch.items.push(item);
			if (presses) this.pressing.add(key);
			if (presses) this.pauses.get(key)?.();
		}
		for (const key of started) void this.run(key);
	}

	/**
	 * Resolves when all that was added before has been worked on; once `hurry` is aborted, without pauses. Throws what the
	 * work threw since it was asked last.
	 */
	async settled(hurry: AbortSignal): Promise<void> {
		const awake = () => {
			this.isHurried = true;
			for (const wake of this.pauses.values()) wake();
		};
		if (hurry.aborted) awake();
		else hurry.addEventListener("abort", awake, { once: true });
		await Promise.all([...this.unfinished].map(({ done }) => done));
		hurry.removeEventListener("abort", awake);
		this.isHurried = false;
		const { failure } = this;
		this.failure = undefined;
		if (failure) throw failure.error;
	}

	private begin(key: string): Batch<T> {
		let finish = () => {};
		const done = new Promise<void>((resolve) => {
			finish = resolve;
		});
		const batch: Batch<T> = { items: [], done, finish };
		this.waiting.set(key, batch);
		this.unfinished.add(batch);
		return batch;
	}

	/** Until nothing came during a pause. */
	private async run(key: string): Promise<void> {
		for (let batch = this.waiting.get(key); batch; batch = this.waiting.get(key)) {
			this.waiting.set(key, undefined);
			this.pressing.delete(key);
			try {
				await this.work(key, batch.items);
			} catch (error) {
				// Told to who asks whether all is settled.
				this.failure ??= { error };
			}
			this.unfinished.delete(batch);
			batch.finish();
			if (!this.isHurried && !this.pressing.has(key)) await this.pause(key);
		}
		this.waiting.delete(key);
	}

	private pause(key: string): Promise<void> {
		return new Promise((resolve) => {
			const wake = () => {
				clearTimeout(timer);
				this.pauses.delete(key);
				resolve();
			};
			const timer = setTimeout(wake, this.pauseMs);
			timer.unref();
			this.pauses.set(key, wake);
		});
	}
}
