import * as z from "zod/mini";
import { ERRORS, type ErrorCode } from "../../protocol/errors.js";
import { httpStatus } from "../../protocol/httpStatus.js";
import { toldError } from "../../protocol/refusals.js";
import { PLACES, type Wrong, wrongIn } from "./wrongFields.js";

/** What an error is told as: RFC 9457, with our code. */
export interface Problem {
	readonly type: string;
	readonly title: string;
	readonly status: number;
	readonly detail: string;
	readonly code: ErrorCode;
	readonly retryable: boolean;
	readonly requestId: string;
	readonly errors?: readonly Wrong[];
}

const wrong: z.ZodMiniType<Wrong> = z.strictObject({
	in: z.enum(PLACES),
	field: z.string().with(z.meta({ description: "With dots between its parts; empty: the whole." })),
	message: z.string(),
});

export const problem: z.ZodMiniType<Problem> = z
	.strictObject({
		type: z.string().with(z.meta({ description: "Stands for the code; a `GET` of it explains it." })),
		title: z.string(),
		status: z.int(),
		detail: z.string().with(z.meta({ description: "What is wrong this time." })),
		code: z.enum(Object.keys(ERRORS) as [ErrorCode]).with(z.meta({ description: "Stable: what a program asks for." })),
		retryable: z.boolean().with(z.meta({ description: "Whether the same request may succeed later." })),
		requestId: z.string().with(z.meta({ description: "What the log has it under; also the header `X-Request-Id`." })),
		errors: z
			.optional(z.readonly(z.array(wrong)))
			.with(z.meta({ description: "The fields that are wrong, where some are." })),
	})
	.with(
		z.meta({
			id: "Problem",
			example: {
				type: "/api/problems/invalid_input",
				title: ERRORS.invalid_input.means,
				status: 400,
				detail: "email: Invalid email address.",
				code: "invalid_input",
				retryable: false,
				requestId: "Zk9yV2m0Qe6xq1y3bUq3Bw.5k",
				errors: [{ in: "body", field: "email", message: "Invalid email address" }],
			},
		}),
	);

export const PROBLEM_TYPE = "application/problem+json";

/** How long to wait before the next try, in seconds, where an error doesn't say. */
const WAIT_S = { overloaded: 5, shutting_down: 5, storage_unavailable: 2, idempotency_running: 1 } as const;

/** Any thrown value as it's told. What isn't thrown on purpose, or is for the owner's eyes, is told as `internal`. */
export function problemOf(thrown: unknown, requestId: string): Problem {
	const error = toldError(thrown);
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
	const error = toldError(thrown);
	if ("retryAfterSeconds" in error && typeof error.retryAfterSeconds === "number") return error.retryAfterSeconds;
	return (WAIT_S as Partial<Record<ErrorCode, number>>)[error.code];
}
