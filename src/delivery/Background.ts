import type { Monitor } from "../monitoring/Monitor.js";

/** Work that nobody waits for as it's begun: its failures are told to the monitor, and it can be waited for as a whole. */
export class Background {
	private running = 0;
	private idlers: (() => void)[] = [];
	private readonly done = () => {
		this.running--;
		if (this.running === 0) for (const resolve of this.idlers.splice(0)) resolve();
	};

	constructor(private readonly monitor: Monitor) {}

	/** Takes note of work under way; `what` names it in the log. */
	track(what: string, work: Promise<unknown>): void {
		this.running++;
		work.then(this.done, (error: unknown) => {
			this.done();
			this.monitor.error(`${what} failed`, error);
		});
	}

	/** Takes note of work whose failure is its caller's. */
	during(work: Promise<unknown>): void {
		this.running++;
		work.then(this.done, this.done);
	}

	get isIdle(): boolean {
		return this.running === 0;
	}

	/** Resolves when nothing is under way any more. */
	async idle(): Promise<void> {
		while (this.running > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
	}
}
