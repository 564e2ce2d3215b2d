import { RouterError } from "../protocol/errors.js";
import { type Answerers, bargeOut } from "./floor.js";
import { type Attendee, senderOf } from "./participants.js";
import type { SessionDraft } from "./SessionDraft.js";

/** Closes the conversation, if it's open; an agent who does ceases to take part. What's said after it reopens it. */
export function close(draft: SessionDraft, { participantId, participant }: Attendee, answerers: Answerers): void {
	const { head } = draft;
	if (!head.closed) {
		head.closed = true;
		draft.append(senderOf(participantId, participant), "everyone", { type: "closed" });
	}
	if (participant.role === "agent") bargeOut(draft, participantId, answerers);
}

/** Puts what the visitor thought of it into the log, once. Throws `conversation_open`, `conversation_rated`. */
export function rate(
	draft: SessionDraft,
	{ participantId, participant }: Attendee,
	{ rating, comment }: { readonly rating: number; readonly comment?: string },
): void {
	const { head } = draft;
	if (head.rated) throw new RouterError("conversation_rated");
	if (!head.closed) throw new RouterError("conversation_open");
	head.rated = true;
	draft.append(senderOf(participantId, participant), "everyone", { type: "rated", rating, comment });
}
