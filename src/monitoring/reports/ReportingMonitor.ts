import { describedError } from "../describedError.js";
import type { Fields, Monitor } from "../Monitor.js";
import { providerOf, type Reporting } from "./providers.js";

/** A provider that takes longer isn't waited for, in milliseconds. */
const TIMEOUT_MS = 2_000;
/** So many reports are under way at once; what fails beyond that is in the log alone. */
const AT_ONCE = 10;

/**
 * Says everything where it was said before, and sends errors to a provider besides, in the background. That one can't be
 * reached is said in the log; nobody waits for it, or fails.
 */
export class ReportingMonitor implements Monitor {
	private readonly requestOf: ReturnType<typeof providerOf>;
	private readonly sending = new Set<Promise<void>>();

	constructor(
		private readonly log: Monitor,
		private readonly reporting: Reporting,
	) {
		this.requestOf = providerOf(reporting);
	}

	debug(event: string, fields?: Fields): void {
		this.log.debug(event, fields);
	}

	info(event: string, fields?: Fields): void {
		this.log.info(event, fields);
	}

	warn(event: string, fields?: Fields): void {
		this.log.warn(event, fields);
	}

	error(event: string, error: unknown, fields: Fields = {}): void {
		this.log.error(event, error, fields);
		if (this.sending.size >= AT_ONCE) return;
		const sent: Promise<void> = this.send(event, error, fields).finally(() => this.sending.delete(sent));
		this.sending.add(sent);
	}

	/** Resolves when the reports under way have arrived, or been given up: after 2 seconds at most. */
	async idle(): Promise<void> {
		await Promise.all(this.sending);
	}

	private async send(event: string, error: unknown, fields: Fields): Promise<void> {
		const { provider } = this.reporting;
		try {
			const { url, headers, body } = this.requestOf({
				event,
				error: describedError(error),
				fields,
				timeMs: Date.now(),
			});
			const signal = AbortSignal.timeout(TIMEOUT_MS);
			const { ok, status } = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" });
			if (!ok) this.log.warn("error not reported", { provider, status });
		} catch (failure) {
			this.log.warn("error not reported", { provider, reason: String(failure) });
		}
	}
}
