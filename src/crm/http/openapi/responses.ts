import { ERRORS, type ErrorCode } from "../../../protocol/errors.js";
import { httpStatus } from "../../../protocol/httpStatus.js";
import type { Permission } from "../../access/permissions.js";
import { PROBLEM_TYPE } from "../problem.js";
import type { AnyRoute } from "../Route.js";
import { permissionOf } from "./permissionOf.js";
import { type Named, refTo, type Schema } from "./schemas.js";

/** Errors that any route may answer. */
const EVERYWHERE = [
	"invalid_input",
	"rate_limited",
	"unknown_app",
	"overloaded",
	"storage_unavailable",
	"internal",
] as const;
const PROVED = ["token_required", "token_invalid", "agent_token_invalid", "forbidden"] as const;
const WITH_BODY = ["body_too_large", "media_type_unsupported"] as const;
const IDEMPOTENT = ["idempotency_conflict", "idempotency_running"] as const;
const UNKNOWN: Readonly<Record<Permission["on"], readonly ErrorCode[]>> = {
	customer: ["customer_unknown"],
	conversation: ["conversation_unknown"],
	agent: ["agent_unknown"],
	app: [],
};

/** Headers of answers. */
export const HEADERS = {
	"Content-Disposition": { description: "`attachment`, and what the file may be called.", schema: { type: "string" } },
	ETag: { description: "The record's `rev`, for `If-Match`.", schema: { type: "string" } },
	Location: { description: "Where what was made can be read.", schema: { type: "string" } },
	"Retry-After": { description: "After how many seconds to try again.", schema: { type: "integer" } },
	"X-Request-Id": {
		description: "What the log has the request under; the one that was given, if one was.",
		schema: { type: "string" },
	},
} as const;

/** What a route answers, by status. */
export function responsesOf(route: AnyRoute, answers: Named): Schema {
	return { ...answerOf(route, answers), ...problemsOf(route) };
}

function answerOf({ answer, status = 200, location, summary }: AnyRoute, answers: Named): Schema {
	const header = (name: keyof typeof HEADERS) => ({ [name]: { $ref: `#/components/headers/${name}` } });
	const always = header("X-Request-Id");
	if (answer.kind === "none" || !answer.schema) return { 204: { description: "Done.", headers: always } };
	const content = refTo(answer.schema, answers);
	if (answer.kind === "lines") {
		const description = "Lines of JSON, to be saved: each line is one of these.";
		return {
			[status]: {
				description: `${summary}. ${description}`,
				headers: { ...always, ...header("Content-Disposition") },
				content: { "application/x-ndjson": { schema: content } },
			},
		};
	}
	const isMany = answer.kind === "many";
	const properties = isMany
		? { data: { type: "array", items: content }, nextCursor: { type: "string", description: "Absent at the end." } }
		: { data: content };
	const schema = { type: "object", required: ["data"], additionalProperties: false, properties };
	const { properties: fields } = answers.schemas[answers.nameOf.get(answer.schema) ?? ""] ?? {};
	const hasRev = !isMany && Object.hasOwn(Object(fields), "rev");
	return {
		[status]: {
			description: summary,
			headers: { ...always, ...(hasRev && header("ETag")), ...(location && header("Location")) },
			content: { "application/json": { schema } },
		},
	};
}

function problemsOf(route: AnyRoute): Schema {
	const byStatus = new Map<number, ErrorCode[]>();
	for (const code of codesOf(route)) {
		const status = httpStatus(code);
		byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
	}
	return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemAnswer(status, codes)]));
}

/** The codes of errors that a route may answer. */
export function codesOf(route: AnyRoute): ReadonlySet<ErrorCode> {
	const { body, throws = [], idempotent, conditional, unknown, touches } = route;
	const permission = permissionOf(route);
	const theirs = permission && typeof touches === "function" ? (unknown ? [unknown] : UNKNOWN[permission.on]) : [];
	return new Set<ErrorCode>([
		...EVERYWHERE,
		...(permission ? PROVED : []),
		...(body ? WITH_BODY : []),
		...(idempotent ? IDEMPOTENT : []),
		...(conditional ? (["record_changed"] as const) : []),
		...theirs,
		...throws,
	]);
}

function problemAnswer(status: number, codes: readonly ErrorCode[]): Schema {
	const waits = status === 429 || status === 503;
	return {
		description: codes.map((code) => `\`${code}\`: ${ERRORS[code].means}`).join("\n\n"),
		headers: {
			"X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
			...(waits && { "Retry-After": { $ref: "#/components/headers/Retry-After" } }),
		},
		content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
	};
}
