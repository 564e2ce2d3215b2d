import type { DescribedError } from "../describedError.js";
import type { Fields } from "../Monitor.js";

/** An error that's told to a provider: what the log has of it, and nothing more. */
export interface Report {
	readonly event: string;
	readonly error: DescribedError | undefined;
	readonly fields: Fields;
	/** Epoch milliseconds. */
	readonly timeMs: number;
}

/** How a provider is told. */
export interface ReportRequest {
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

export type Provider = (report: Report) => ReportRequest;
