import * as z from "zod";
import { ERRORS, type ErrorCode, RouterError } from "../../protocol/errors.js";
import { httpStatus } from "../../protocol/httpStatus.js";
import { type Wrong, wrongIn } from "./wrongFields.js";

/** What an error is told as: RFC 9457, with our code. */
export interface Problem {
	/** Stands for the code; under it the API explains it. */
	readonly type: string;
	readonly title: string;
	readonly status: number;
	/** What is wrong this time. */
	readonly detail: string;
	readonly code: ErrorCode;
	/** Whether the same request may succeed later. */
	readonly retryable: boolean;
	/** What the log has it under; also the header `X-Request-Id`. */
	readonly requestId: string;
	/** The fields that are wrong, where some are. */
	readonly errors?: readonly Wrong[];
}

export const PROBLEM_TYPE = "application/problem+json";

/** How long to wait before the next try, in seconds, where an error doesn't say. */
const WAIT_S = { overloaded: 5, shutting_down: 5, storage_unavailable: 2, idempotency_running: 1 } as const;

/** Any thrown value as it's told. What isn't thrown on purpose, or is for the owner's eyes, is told as `internal`. */
export function problemOf(thrown: unknown, requestId: string): Problem {
	const error = asToldError(thrown);
	const { code, message, retryable } = error;
	return {
		type: `/api/problems/${code}`,
		title: ERRORS[code].means,
		status: httpStatus(code),
		detail: message,
		code,
		retryable,
		requestId,
		errors: wrongIn(thrown),
	};
}

/** What `Retry-After` says of an error, in seconds. */
export function retryAfterOf(thrown: unknown): number | undefined {
	const error = asToldError(thrown);
	if ("retryAfterSeconds" in error && typeof error.retryAfterSeconds === "number") return error.retryAfterSeconds;
	return (WAIT_S as Partial<Record<ErrorCode, number>>)[error.code];
}

function asToldError(thrown: unknown): RouterError {
	if (thrown instanceof z.ZodError) return new RouterError("invalid_input", undefined, { cause: thrown });
	if (thrown instanceof RouterError && httpStatus(thrown.code) !== 500) return thrown;
	return new RouterError("internal");
}
