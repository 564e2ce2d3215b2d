import type { Fields, Monitor } from "../monitoring/Monitor.js";

/** What was said; `isError` where as an error. */
export interface Noted {
	readonly event: string;
	readonly fields?: Fields;
	readonly isError?: boolean;
}

/** Says everything where it was said before, however little of it is logged, and has `flush` count it for CloudWatch. */
export class MetricsMonitor implements Monitor {
	private noted: Noted[] = [];

	constructor(
		private readonly log: Monitor,
		/** Tells one deployment's metrics from another's. */
		private readonly deployment: string,
	) {}

	debug(event: string, fields?: Fields): void {
		this.noted.push({ event, fields });
		this.log.debug(event, fields);
	}

	info(event: string, fields?: Fields): void {
		this.noted.push({ event, fields });
		this.log.info(event, fields);
	}

	warn(event: string, fields?: Fields): void {
		this.noted.push({ event, fields });
		this.log.warn(event, fields);
	}

	error(event: string, error: unknown, fields?: Fields): void {
		this.noted.push({ event, fields, isError: true });
		this.log.error(event, error, fields);
	}

	/** Prints metrics of what was said since it last did, by code that is loaded then: no first frame waits for it. */
	async flush(): Promise<void> {
		const noted = this.noted.splice(0);
		const { metricLines } = await import("./metricLines.js");
		for (const line of metricLines(noted, this.deployment)) process.stdout.write(`${line}\n`);
	}
}
