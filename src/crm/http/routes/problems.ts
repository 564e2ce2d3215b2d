import * as z from "zod/mini";
import { ERRORS, type ErrorCode, RouterError } from "../../../protocol/errors.js";
import { httpStatus } from "../../../protocol/httpStatus.js";
import { one } from "../answers.js";
import { route } from "../Route.js";

const shape = z
	.strictObject({
		code: z.enum(Object.keys(ERRORS) as [ErrorCode]),
		status: z.int(),
		retryable: z.boolean().with(z.meta({ description: "Whether the same request may succeed later." })),
		means: z.string(),
	})
	.with(z.meta({ id: "ProblemKind" }));

/** What the `type` of a problem leads to. */
export function problemRoutes() {
	return [
		route({
			method: "get",
			path: "/problems/:code",
			action: "problems.get",
			operationId: "explainProblem",
			summary: "Explain a problem",
			answer: one(shape),
			throws: ["route_unknown"],
			touches: undefined,
			handle({ params: { code } }) {
				if (!isCode(code)) throw new RouterError("route_unknown");
				return { code, status: httpStatus(code), ...ERRORS[code] };
			},
		}),
	] as const;
}

function isCode(code: string): code is ErrorCode {
	return Object.hasOwn(ERRORS, code);
}
