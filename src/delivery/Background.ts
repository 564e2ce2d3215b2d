import type { Monitor } from "../monitoring/Monitor.js";

/** Work that nobody waits for as it's begun: its failures are told to the monitor, and it can be waited for as a whole. */
export class Background {
	private readonly running = new Set<Promise<unknown>>();

	constructor(private readonly monitor: Monitor) {}

	/** Takes note of work under way; `what` names it in the log. */
	track(what: string, work: Promise<unknown>): void {
		const done: Promise<unknown> = work.then(
			() => this.running.delete(done),
			(error: unknown) => {
				this.running.delete(done);
				this.monitor.error(`${what} failed`, error);
			},
		);
		this.running.add(done);
	}

	get isIdle(): boolean {
		return this.running.size === 0;
	}

	/** Resolves when nothing is under way any more. */
	async idle(): Promise<void> {
		while (this.running.size > 0) await Promise.all(this.running);
	}
}
