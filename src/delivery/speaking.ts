import type { Attachment, Audience, Content, Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { isLaunch, requestText, type StentorRequest } from "../protocol/stentor.js";
import { type Answerers, bargeIn, holderOf } from "./floor.js";
import { digest } from "./identity.js";
import { type Speaker, senderOf, wantsAnswer } from "./participants.js";
import type { Participant } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";
import { type Begun, takeTurn } from "./turn.js";

/** What a person says. */
export interface Spoken {
	/** The client's own, for an acknowledgement. */
	readonly messageId?: string;
	readonly request: StentorRequest;
	/** What the client sent, where that isn't what is passed on. */
	readonly given?: StentorRequest;
	readonly attachments?: readonly Attachment[];
	readonly format?: "image" | "file";
	/** How far the client's clock was ahead when it sent this, less the time on the way. */
	readonly aheadMs?: number;
	/** Whoever speaks can be given no other session: what a visitor says opens an archived one again. */
	readonly revives: boolean;
	readonly answerers: Answerers;
	/** The process that runs the turn. */
	readonly instance: string;
}

/**
 * Puts what a person said into the log; takes the turn of answering it, where it's an answerer's and nothing is before it.
 * Throws `conversation_archived`.
 */
export function speak(
	draft: SessionDraft,
	{ participant, participantId, endpoint }: Speaker,
	spoken: Spoken,
): { entry: Entry; begun?: Begun } {
	const { head } = draft;
	const [audience, content] = contentOf(spoken);
	const isVisitor = participant.role === "visitor";
	if (head.archived && !(isVisitor && (spoken.revives || audience !== "everyone"))) {
		throw new RouterError("conversation_archived");
	}
	if (participant.role === "agent" && !participant.bargedIn) bargeIn(draft, participantId, {});
	const wasWaiting = wantsAnswer(head);

	if (isVisitor && audience === "everyone" && head.closed) {
		delete head.closed;
		delete head.archived;
	}
	const entry = draft.append(senderOf(participantId, participant), audience, content, spoken.messageId);
	if (spoken.messageId) {
		draft.unique(entry, digestOf(spoken.given ?? spoken.request));
		if (endpoint) endpoint.numbered = true;
	}
	learnClock(participant, spoken.aheadMs, entry.seq);
	if (participant.role === "agent") {
		head.floor.answered = entry.seq;
		return { entry };
	}
	head.asked = entry.seq;
	const answerer = holderOf(draft, spoken.answerers);
	if (!answerer || wasWaiting || head.turn) return { entry };
	return { entry, begun: takeTurn(draft, answerer, entry.seq, spoken.instance) };
}

/** Puts a note into the log: for staff, which nobody answers. */
export function note(
	draft: SessionDraft,
	{ participant, participantId, endpoint }: Speaker,
	{ text, messageId }: { readonly text: string; readonly messageId?: string },
): Entry {
	const entry = draft.append(senderOf(participantId, participant), "staff", { type: "message", text }, messageId);
	if (messageId) {
		draft.unique(entry, digest(JSON.stringify({ note: text })));
		if (endpoint) endpoint.numbered = true;
	}
	return entry;
}

/** A request without words or files is for answerers alone: people would see an empty bubble. */
function contentOf({ request: original, attachments, format }: Spoken): [Audience, Content] {
	const request = withoutUser(original);
	if (isLaunch(original)) return ["answerers", { type: "launch", request }];
	const text = requestText(original);
	const audience = text || attachments ? "everyone" : "answerers";
	if (!attachments && !format) return [audience, { type: "message", text, request }];
	return [audience, { type: "message", text, request, attachments, format }];
}

/** Without the user id, wherever the published widget puts it: whoever is asked to answer is told an alias instead. */
function withoutUser(request: StentorRequest): StentorRequest {
	const { userId, sessionId, userProfile } = request;
	const hasProfile = typeof userProfile === "object" && userProfile !== null;
	if (userId === undefined && sessionId === undefined && !hasProfile) return request;
	const profile = hasProfile ? { ...userProfile, id: undefined } : userProfile;
	return { ...request, userId: undefined, sessionId: undefined, userProfile: profile };
}

/** What a message is known by when it's sent again: an access token may have been renewed since. */
export function digestOf(request: StentorRequest): string {
	const { accessToken } = request;
	return digest(JSON.stringify(accessToken === undefined ? request : { ...request, accessToken: undefined }));
}

/** A clock that was set back shows as a leap; smaller differences are frames that took longer on their way. */
const CLOCK_LEAP_MS = 15_000;
/** How many readings of a clock are kept. */
const READINGS = 4;

/**
 * The least delayed frame tells best. From its entry on the clock is taken to be so; what was shown before keeps its
 * time, because the published widget knows an entry that comes again by that.
 */
function learnClock(participant: Participant, aheadMs: number | undefined, seq: number): void {
	if (aheadMs === undefined) return;
	const known = participant.clock?.at(-1)?.[1];
	if (known !== undefined && aheadMs <= known && aheadMs >= known - CLOCK_LEAP_MS) return;
	participant.clock = [...(participant.clock ?? []), [seq, aheadMs] satisfies [number, number]].slice(-READINGS);
}
