/** How long what comes at about the same time is gathered, in milliseconds. */
const GATHER_MS = 20;

/**
 * Has keys that come worked on together, each at most once in `gapMs`: the first time at once, what comes then when the
 * gap is over. One batch at a time.
 */
export class Pace {
	/** What is to be worked on, and from when on it may be. */
	private readonly dirty = new Map<string, number>();
	/** When each was worked on, while its gap isn't over; the oldest first. */
	private readonly worked = new Map<string, number>();
	private timer: NodeJS.Timeout | undefined;
	private working: Promise<void> | undefined;
	private isClosed = false;

	/** `work` handles its failures itself. */
	constructor(
		private readonly work: (keys: readonly string[]) => Promise<void>,
		private readonly gapMs: number,
	) {}

	add(key: string): void {
		if (this.isClosed || this.dirty.has(key)) return;
		const now = performance.now();
		const last = this.worked.get(key) ?? Number.NEGATIVE_INFINITY;
		this.dirty.set(key, Math.max(now, last + this.gapMs));
		this.schedule();
	}

	/** Drops what waits; resolves when what's under way is done. */
	async close(): Promise<void> {
		this.isClosed = true;
		this.dirty.clear();
		clearTimeout(this.timer);
		await this.working;
	}

	private schedule(): void {
		if (this.timer || this.working || this.dirty.size === 0) return;
		const wait = Math.max(GATHER_MS, Math.min(...this.dirty.values()) - performance.now());
		this.timer = setTimeout(() => this.tick(), wait).unref();
	}

	private tick(): void {
		this.timer = undefined;
		const now = performance.now();
		for (const [key, at] of this.worked) {
			if (at > now - this.gapMs) break;
			this.worked.delete(key);
		}
		const due = [...this.dirty].flatMap(([key, from]) => (from <= now ? key : []));
		for (const key of due) {
			this.dirty.delete(key);
			this.worked.delete(key);
			this.worked.set(key, now);
		}
		this.working = this.work(due).finally(() => {
			this.working = undefined;
			this.schedule();
		});
	}
}
