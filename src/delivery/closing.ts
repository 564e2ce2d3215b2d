import type { Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { type Answerers, bargeOut } from "./floor.js";
import { type Speaker, senderOf } from "./participants.js";
import type { SessionDraft } from "./SessionDraft.js";

/**
 * Closes the conversation, if it's open; an agent who does ceases to take part. What its visitor says after it reopens it.
 * Throws `conversation_archived`.
 */
export function close(draft: SessionDraft, { participantId, participant }: Speaker, answerers: Answerers): void {
	const { head } = draft;
	if (head.archived) throw new RouterError("conversation_archived");
	if (!head.closed) {
		head.closed = true;
		draft.append(senderOf(participantId, participant), "everyone", { type: "closed" });
	}
	if (participant.role === "agent") bargeOut(draft, participantId, answerers);
}

/** Opens what is closed. Throws `conversation_archived`. */
export function reopen(draft: SessionDraft, { participantId, participant }: Speaker): void {
	const { head } = draft;
	if (head.archived) throw new RouterError("conversation_archived");
	if (!head.closed) return;
	delete head.closed;
	draft.append(senderOf(participantId, participant), "everyone", { type: "reopened" });
}

/** Puts what is closed away. Throws `conversation_open`. */
export function archive(draft: SessionDraft, { participantId, participant }: Speaker): void {
	const { head } = draft;
	if (head.archived) return;
	if (!head.closed) throw new RouterError("conversation_open");
	head.archived = true;
	draft.append(senderOf(participantId, participant), "everyone", { type: "archived" });
}

/** Puts what the visitor thought of it into the log, once. Throws `conversation_open`, `conversation_archived`, `conversation_rated`. */
export function rate(
	draft: SessionDraft,
	{ participantId, participant }: Speaker,
	{ rating, comment }: { readonly rating: number; readonly comment?: string },
): Entry {
	const { head } = draft;
	if (head.archived) throw new RouterError("conversation_archived");
	if (head.rated) throw new RouterError("conversation_rated");
	if (!head.closed) throw new RouterError("conversation_open");
	head.rated = true;
	return draft.append(senderOf(participantId, participant), "everyone", { type: "rated", rating, comment });
}
