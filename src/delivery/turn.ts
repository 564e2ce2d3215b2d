import type { Answer } from "../connectors/Connector.js";
import type { Sender } from "../protocol/envelope.js";
import { responseText } from "../protocol/stentor.js";
import { type Answerer, type Answerers, handOff } from "./floor.js";
import { newId } from "./identity.js";
import { senderOf } from "./participants.js";
import type { TurnLease } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";

/** How often an entry's turn is taken before the failure is put in the log instead. */
export const TURN_ATTEMPTS = 3;
/** What a turn's lease has beyond the time that its answer may take, in milliseconds. */
const LEASE_MARGIN_MS = 5_000;

/** A turn that's taken, and what its answerer is to be told. */
export interface Begun {
	readonly turn: TurnLease;
	/** The answerer, as the others know it. */
	readonly who: Sender;
	/** The visitor, by the alias that bots know. */
	readonly user: string;
	/** The floor has come to the answerer since it last answered: it's to be told what was said before. */
	readonly isFresh: boolean;
}

/** Takes the turn of answering entry `seq` for the holder of the floor. */
export function takeTurn(draft: SessionDraft, answerer: Answerer, seq: number, instance: string): Begun {
	const { head } = draft;
	const until = draft.now + answerer.answerWithinMs + LEASE_MARGIN_MS;
	const attempt = head.turn?.seq === seq ? head.turn.attempt + 1 : 1;
	const turn: TurnLease = { id: newId(), by: answerer.name, seq, fence: head.floor.fence, until, attempt, instance };
	head.turn = turn;
	draft.touched = true;
	const me = head.participants[answerer.name];
	return {
		turn: { ...turn },
		who: me ? senderOf(answerer.name, me) : { id: answerer.name, role: "answerer" },
		user: head.participants[head.owner]?.ref ?? head.owner,
		isFresh: me?.fresh === true,
	};
}

/** Whether somebody has the turn whose lease still runs. A lease of a process that's known to be dead doesn't. */
export function isTaken(draft: SessionDraft, isDead: (instance: string) => boolean): boolean {
	const { turn } = draft.head;
	return turn !== undefined && draft.now < turn.until && !isDead(turn.instance);
}

/**
 * Puts an answer into the log, unless the turn has been voided since: the floor moved, or somebody else took the turn.
 * Answers whether it was put there.
 */
export function putAnswer(draft: SessionDraft, turn: TurnLease, answer: Answer, answerers: Answerers): boolean {
	if (!finish(draft, turn)) return false;
	const participant = draft.head.participants[turn.by];
	if (!participant) return false;
	delete participant.fresh;
	const from = senderOf(turn.by, participant);
	for (const { response, audience } of answer.messages) {
		const text = responseText(response);
		draft.append(from, audience ?? "everyone", { type: "message", text, response });
	}
	if (answer.handOff) handOff(draft, { participantId: turn.by, participant }, answer.handOff.target, answerers);
	return true;
}

/** Puts into the log that a turn could not be answered; the session goes on. Answers whether it was put there. */
export function putFailure(draft: SessionDraft, turn: TurnLease, error: string): boolean {
	if (!finish(draft, turn)) return false;
	const participant = draft.head.participants[turn.by];
	if (!participant) return false;
	draft.append(senderOf(turn.by, participant), "everyone", { type: "failure", seq: turn.seq, error });
	return true;
}

function finish(draft: SessionDraft, turn: TurnLease): boolean {
	const { head } = draft;
	if (head.turn?.id !== turn.id || head.floor.fence !== turn.fence) return false;
	const participant = head.participants[turn.by];
	if (!participant) return false;
	participant.handled = turn.seq;
	delete head.turn;
	draft.touched = true;
	return true;
}
