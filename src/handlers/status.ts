import type { ErrorCode } from "../protocol/errors.js";

const STATUS: { readonly [code in ErrorCode]?: number } = {
	invalid_frame: 400,
	unknown_event: 400,
	user_invalid: 400,
	agent_token_required: 401,
	agent_token_invalid: 401,
	session_forbidden: 403,
	origin_forbidden: 403,
	unknown_app: 404,
	session_unknown: 404,
	customer_unknown: 404,
	conversation_unknown: 404,
	message_unknown: 404,
	customer_blocked: 403,
	conversation_forbidden: 403,
	invalid_input: 400,
	customer_exists: 409,
	conversation_open: 409,
	conversation_closed: 409,
	conversation_archived: 409,
	conversation_rated: 409,
	record_changed: 412,
	message_conflict: 409,
	not_joined: 410,
	frame_too_large: 413,
	rate_limited: 429,
	overloaded: 503,
	shutting_down: 503,
	storage_unavailable: 503,
};

/** The HTTP status for an error. `not_joined` is 410: the connection isn't known any more, its client must connect again. */
export function httpStatus(code: ErrorCode): number {
	return STATUS[code] ?? 500;
}
