import type { Problem } from "../crm/http/problem.js";
import type { Wrong } from "../crm/http/wrongFields.js";
import type { ErrorCode } from "../protocol/errors.js";

export type { Problem };
export type WrongField = Wrong;

/** What the API answered instead of what was asked for. */
export class ApiError extends Error {
	override readonly name = "ApiError";
	/** Stable; undefined where the answer came from something else, such as a proxy. */
	readonly code: ErrorCode | undefined;
	/** Whether the same request may succeed later. */
	readonly retryable: boolean;
	/** The fields that are wrong, where some are. */
	readonly fields: readonly WrongField[];
	/** What the server's log has the request under. */
	readonly requestId: string | undefined;

	constructor(
		/** Of HTTP. */
		readonly status: number,
		problem: Partial<Problem>,
		/** After how many seconds to try again, where the answer says so. */
		readonly retryAfterSeconds?: number,
	) {
		super(problem.detail ?? `The API answered with status ${status}.`);
		this.code = problem.code;
		this.retryable = problem.retryable ?? status >= 500;
		this.fields = problem.errors ?? [];
		this.requestId = problem.requestId;
	}
}
