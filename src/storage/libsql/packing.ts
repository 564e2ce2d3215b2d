import { asRouterError, ConditionFailed, RouterError } from "../../protocol/errors.js";
import { type Done, NOTHING, type Outcome } from "./Writer.js";

/** What goes from thread to thread arrives as plain data: errors are packed, and made again. */
export interface PackedError {
	readonly code: RouterError["code"];
	readonly message: string;
	/** Positions of writes, with the records that stood in their way as JSON texts. */
	readonly failed?: readonly (readonly [position: number, text: string | undefined])[];
	readonly cause?: { readonly message: string; readonly code?: string };
}

const DONE: Outcome = { done: NOTHING };

/** Undefined: it's done, and nothing is to be told of it, as of most. */
export type PackedOutcome = { readonly done: Done } | { readonly failed: PackedError } | undefined;

export function packOutcome(outcome: Outcome): PackedOutcome {
	if ("failed" in outcome) return { failed: packError(outcome.failed) };
	return outcome.done === NOTHING ? undefined : outcome;
}

export function unpackOutcome(outcome: PackedOutcome): Outcome {
	if (!outcome) return DONE;
	return "done" in outcome ? outcome : { failed: unpackError(outcome.failed) };
}

export function packError(thrown: unknown): PackedError {
	const error = asRouterError(thrown);
	const { code, message } = error;
	const cause = error.cause as { message: string; code?: string } | undefined;
	return {
		code,
		message,
		...(error instanceof ConditionFailed && { failed: [...error.failed].map(([i, record]) => [i, textOf(record)]) }),
		...(cause && { cause: { message: cause.message, code: cause.code } }),
	};
}

export function unpackError({ code, message, failed, cause: packed }: PackedError): RouterError {
	const cause = packed && Object.assign(new Error(packed.message), { code: packed.code });
	if (!failed) return new RouterError(code, message, { cause });
	return new ConditionFailed(new Map(failed.map(([i, text]) => [i, recordOf(text)])), { cause });
}

function textOf(record: object | undefined): string | undefined {
	return record && JSON.stringify(record);
}

function recordOf(text: string | undefined): object | undefined {
	return text === undefined ? undefined : (JSON.parse(text) as object);
}
