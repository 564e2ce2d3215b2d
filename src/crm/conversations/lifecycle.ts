import { type ErrorCode, RouterError } from "../../protocol/errors.js";

/** `open`: it's up to us; `pending`: up to the customer, or whoever it was handed off to; then `closed`, then `archived`. */
export const STATUSES = ["open", "pending", "closed", "archived"] as const;
export type ConversationStatus = (typeof STATUSES)[number];

/** What may happen to a conversation. */
export type LifecycleEvent =
	/** The customer has written: it's in the log, and nothing can refuse it any more. */
	| "customerWrote"
	/** Somebody has ended it, opened it again, put it away: that is in the log as well. */
	| "closed"
	| "reopened"
	| "archived"
	| "agentJoined"
	| "handedOff"
	/** Staff waits for the customer. */
	| "wait"
	| "assign"
	| "close"
	| "reopen"
	| "archive";

/**
 * What comes of each event in each status: another status, or the same; or the error that refuses it. A visitor of the
 * published widget can't be given another conversation, so what they write reopens an archived one too: nobody would see
 * it otherwise.
 */
const TRANSITIONS: { readonly [E in LifecycleEvent]: { readonly [S in ConversationStatus]: Outcome } } = {
	customerWrote: { open: "open", pending: "open", closed: "open", archived: "open" },
	closed: { open: "closed", pending: "closed", closed: "closed", archived: "archived" },
	reopened: { open: "open", pending: "open", closed: "open", archived: "open" },
	archived: { open: "archived", pending: "archived", closed: "archived", archived: "archived" },
	agentJoined: { open: "open", pending: "open", closed: "closed", archived: "archived" },
	handedOff: { open: "pending", pending: "pending", closed: "closed", archived: "archived" },
	wait: { open: "pending", pending: "pending", closed: refused("closed"), archived: refused("archived") },
	assign: { open: "open", pending: "pending", closed: refused("closed"), archived: refused("archived") },
	close: { open: "closed", pending: "closed", closed: "closed", archived: refused("archived") },
	reopen: { open: "open", pending: "open", closed: "open", archived: refused("archived") },
	archive: { open: refused("open"), pending: refused("open"), closed: "archived", archived: "archived" },
};

type Outcome = ConversationStatus | { readonly refused: ErrorCode };

function refused(as: "open" | "closed" | "archived"): Outcome {
	return { refused: `conversation_${as}` };
}

/** The status after an event. Throws `conversation_open`, `conversation_closed`, `conversation_archived`. */
export function after(status: ConversationStatus, event: LifecycleEvent): ConversationStatus {
	const outcome = TRANSITIONS[event][status];
	if (typeof outcome === "string") return outcome;
	throw new RouterError(outcome.refused);
}

/** What brings a conversation to a status that somebody asks for by name. */
export const EVENT_FOR: { readonly [S in ConversationStatus]: LifecycleEvent } = {
	open: "reopen",
	pending: "wait",
	closed: "close",
	archived: "archive",
};

/** Whether nobody works on it any more. */
export function isEnded(status: ConversationStatus): boolean {
	return status === "closed" || status === "archived";
}
