import type { Audience, Content, Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { isLaunch, requestText, type StentorRequest } from "../protocol/stentor.js";
import { type Answerers, bargeIn, holderOf, wantsAnswer } from "./floor.js";
import { digest } from "./identity.js";
import { attachedAs } from "./membership.js";
import type { EndpointState, TurnLease } from "./records.js";
import { type SessionDraft, senderOf } from "./SessionDraft.js";
import { takeTurn } from "./turn.js";

/** What a person says, as it came over a connection. */
export interface Spoken {
	readonly connection: string;
	/** The client's own, for an acknowledgement. */
	readonly messageId?: string;
	readonly request: StentorRequest;
	/** How far the client's clock was ahead when it sent this, less the time on the way. */
	readonly aheadMs?: number;
	readonly answerers: Answerers;
	/** The process that runs the turn. */
	readonly instance: string;
}

/** This connection isn't attached to the session. */
export class NotAttached extends Error {}

/** Puts what a person said into the log; takes the turn of answering it, where it's an answerer's and nothing is before it. */
export function speak(draft: SessionDraft, spoken: Spoken): { entry: Entry; turn?: TurnLease } {
	const { head } = draft;
	const at = attachedAs(head, spoken.connection);
	if (!at) throw new NotAttached();
	const { participant, participantId, endpoint } = at;
	if (endpoint.sends === false) throw new RouterError("session_forbidden", "This connection may only listen.");
	if (participant.role === "agent" && !participant.bargedIn) bargeIn(draft, participantId, {});
	const wasWaiting = wantsAnswer(head);

	const [audience, content] = contentOf(spoken.request);
	const entry = draft.append(senderOf(participantId, participant), audience, content, spoken.messageId);
	if (spoken.messageId) {
		const { type, rawQuery, token } = spoken.request;
		draft.unique(entry, digest(type, rawQuery, token));
		endpoint.numbered = true;
	}
	learnClock(endpoint, spoken.aheadMs);
	if (participant.role === "agent") {
		head.floor.answered = entry.seq;
		return { entry };
	}
	head.asked = entry.seq;
	const answerer = holderOf(draft, spoken.answerers, entry.seq - 1);
	if (!answerer) return { entry };
	if (!wasWaiting && !head.turn) return { entry, turn: takeTurn(draft, answerer, entry.seq, spoken.instance) };
	draft.lookAfter(draft.now + answerer.answerWithinMs);
	return { entry };
}

/** A request without words is for answerers alone: people would see an empty bubble. */
function contentOf(original: StentorRequest): [Audience, Content] {
	// Whoever is asked to answer is told an alias instead.
	const { userId: _, sessionId: __, ...request } = original;
	if (isLaunch(original)) return ["answerers", { type: "launch", request }];
	const text = requestText(original);
	return [text ? "everyone" : "answerers", { type: "message", text, request }];
}

/** Frames that took longer on their way make the clock seem less ahead than it is; one set back shows as a leap. */
const CLOCK_LEAP_MS = 15_000;

function learnClock(endpoint: EndpointState, aheadMs: number | undefined): void {
	if (aheadMs === undefined) return;
	const known = endpoint.aheadMs;
	if (known === undefined || aheadMs > known || aheadMs < known - CLOCK_LEAP_MS) endpoint.aheadMs = aheadMs;
}
