/** Every error of this package: its stable code, whether trying again may help, and what it means. */
export const ERRORS = {
	invalid_frame: { retryable: false, means: "The frame isn't JSON, or isn't one of the frames we know." },
	unknown_event: { retryable: false, means: "The frame's `event` or `action` is none that a client may send." },
	frame_too_large: { retryable: false, means: "The frame, or the message in it, is over the limit." },
	rate_limited: { retryable: true, means: "This connection sent too much in a short time; wait, then send again." },
	not_joined: { retryable: false, means: "This connection has not joined the session; send `user joined` first." },
	session_forbidden: { retryable: false, means: "The session belongs to somebody else." },
	session_full: { retryable: false, means: "The session has as many participants as it may have." },
	agent_token_required: { retryable: false, means: "Only agents may do this, and no valid agent token came with it." },
	agent_token_invalid: {
		retryable: false,
		means: "The agent token is malformed, expired, or signed by somebody else.",
	},
	origin_forbidden: { retryable: false, means: "Pages of this origin may not connect; see `ALLOWED_ORIGINS`." },
	session_unknown: { retryable: false, means: "There is no session of this id." },
	transport_failed: {
		retryable: true,
		means: "A frame could not be handed to a connection; whether it arrived is unknown.",
	},
	user_invalid: { retryable: false, means: "The `user` that a connection came with isn't as it must be." },
	conversation_open: { retryable: false, means: "The conversation isn't closed." },
	conversation_rated: { retryable: false, means: "The conversation has been rated; that's done once." },
	unknown_app: { retryable: false, means: "No app of this id is configured here." },
	message_conflict: { retryable: false, means: "This `messageId` was used before, for another content." },
	overloaded: { retryable: true, means: "The server has more to do than it can; try again in a moment." },
	connections_exceeded: {
		retryable: true,
		means: "This address, or this person, has as many connections open as one may have.",
	},
	shutting_down: { retryable: true, means: "The server is stopping; reconnect." },
	connector_failed: {
		retryable: true,
		means: "The participant that should answer could not be reached, or answered what can't be understood.",
	},
	invalid_input: { retryable: false, means: "A field is missing, unknown or malformed; the message names it." },
	record_changed: { retryable: true, means: "The record isn't the one of this number any more; nothing was written." },
	customer_unknown: { retryable: false, means: "There is no customer of this id." },
	customer_exists: { retryable: false, means: "Another customer has this e-mail address." },
	customer_blocked: { retryable: false, means: "The customer is blocked, and may not write to us." },
	conversation_unknown: { retryable: false, means: "There is no conversation of this id." },
	conversation_forbidden: { retryable: false, means: "The conversation is another customer's." },
	conversation_closed: { retryable: false, means: "The conversation is closed; it has to be reopened first." },
	conversation_archived: { retryable: false, means: "The conversation is archived; another one has to be opened." },
	message_unknown: { retryable: false, means: "There is no message of this id." },
	agent_unknown: { retryable: false, means: "There is no agent of this id." },
	agent_email_taken: { retryable: false, means: "Another agent has this e-mail address." },
	agent_unavailable: { retryable: false, means: "The agent is offline, so nothing can be assigned to them." },
	agent_at_capacity: { retryable: true, means: "The agent has as many conversations as they may have." },
	forbidden: { retryable: false, means: "Whoever asks may not do this, or not with this record." },
	credentials_invalid: { retryable: false, means: "The e-mail address or the password is wrong." },
	too_many_attempts: { retryable: true, means: "Too many attempts to sign in; wait as long as is said." },
	token_required: {
		retryable: false,
		means: "Only who proves who they are may do this, and no token or key came with it.",
	},
	route_unknown: { retryable: false, means: "There is no route of this path." },
	method_not_allowed: { retryable: false, means: "This path has no such method." },
	media_type_unsupported: { retryable: false, means: "The body isn't JSON, or its `Content-Type` doesn't say so." },
	body_too_large: { retryable: false, means: "The body of the request is over the limit." },
	idempotency_conflict: { retryable: false, means: "This `Idempotency-Key` came before, with another request." },
	idempotency_running: { retryable: true, means: "The request of this `Idempotency-Key` is still being worked on." },
	token_invalid: { retryable: false, means: "The token, key or ticket is malformed, expired, used up, or not ours." },
	configuration_invalid: { retryable: false, means: "A setting is wrong; the message names it." },
	database_locked: { retryable: false, means: "Another process uses this database file." },
	database_newer: { retryable: false, means: "The database file was written by a newer release." },
	database_damaged: { retryable: false, means: "The database file is damaged, or is no database." },
	condition_failed: { retryable: true, means: "A record was not as the write demanded; nothing was written." },
	record_too_large: { retryable: false, means: "A record is over 380,000 bytes as JSON." },
	invalid_path: { retryable: false, means: "A change names a field inside something that's not an object." },
	invalid_query: { retryable: false, means: "A query's cursor, limit or key, or a transaction, is malformed." },
	storage_unavailable: { retryable: true, means: "The storage did not answer; whether it wrote is unknown." },
	invalid_blob: {
		retryable: false,
		means: "A file's key, type or size, or the time that its address opens, is malformed.",
	},
	address_refused: {
		retryable: false,
		means: "The address of a file was altered, its time is over, or another file came than it was made for.",
	},
	file_name_invalid: {
		retryable: false,
		means: "The file's name is empty, too long, or holds what names of files mustn't.",
	},
	file_type_forbidden: { retryable: false, means: "Files of this type can't be sent here." },
	file_too_large: { retryable: false, means: "The file is empty, or over 10 MB." },
	file_mismatch: {
		retryable: false,
		means: "The file isn't what it was announced as: its bytes are of another type, damaged, or of another number.",
	},
	file_unsafe: {
		retryable: false,
		means: "The file holds what could be run: a program, a page, a macro, or another file hidden in it.",
	},
	attachment_unknown: {
		retryable: false,
		means: "There is no attachment of this key here, or it belongs to somebody else.",
	},
	attachment_deleted: { retryable: false, means: "This attachment was deleted." },
	attachment_not_uploaded: { retryable: true, means: "The file of this attachment hasn't been uploaded yet." },
	attachments_too_many: { retryable: false, means: "A message carries 10 attachments at most." },
	internal: { retryable: true, means: "Something went wrong here; the log tells more." },
} as const satisfies Record<string, { retryable: boolean; means: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** The base of all errors thrown on purpose. `code` is stable; the message says what is wrong, where, and what to do. */
export class RouterError extends Error {
	override readonly name: string = "RouterError";
	readonly code: ErrorCode;
	/** Whether the same call may succeed later. */
	readonly retryable: boolean;

	constructor(code: ErrorCode, message: string = ERRORS[code].means, options?: { readonly cause?: unknown }) {
		super(message, options);
		this.code = code;
		this.retryable = ERRORS[code].retryable;
	}
}

/** A condition did not hold, so nothing was written. */
export class ConditionFailed extends RouterError {
	override readonly name = "ConditionFailed";
	/** By the position of the write in its transaction (0 for a single write): the record that stood in the way, if there is one. */
	readonly failed: ReadonlyMap<number, object | undefined>;

	constructor(failed: ReadonlyMap<number, object | undefined>, options?: { readonly cause?: unknown }) {
		super("condition_failed", undefined, options);
		this.failed = failed;
	}
}

/** Any thrown value as a `RouterError`; what isn't one becomes `internal`, with the original as its cause. */
export function asRouterError(error: unknown): RouterError {
	return error instanceof RouterError ? error : new RouterError("internal", undefined, { cause: error });
}
