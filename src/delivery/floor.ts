import type { Profile } from "../protocol/Dialect.js";
import { AGENT_GRACE_MS } from "./due.js";
import { handledOf, isAutomated, isReachable, rename, type Speaker, senderOf } from "./participants.js";
import type { Head, Participant } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";

/** How long a hand-off waits for somebody to come, in milliseconds. */
const HAND_OFF_MS = 10 * 60_000;

/** An answerer that may hold the floor. */
export interface Answerer {
	readonly name: string;
	readonly profile: Profile;
	/** The longest that a turn of it may take, in milliseconds. */
	readonly answerWithinMs: number;
}

/** An app's answerers by name; the first one answers by default. */
export type Answerers = ReadonlyMap<string, Answerer>;

export function defaultAnswerer(answerers: Answerers): Answerer | undefined {
	return answerers.values().next().value;
}

/**
 * Gives the floor to an answerer, under a new fence: whatever another one began is void. What was said before, up to
 * `handled`, isn't its to answer; it's given to it as context.
 */
function grant(draft: SessionDraft, answerer: Answerer | undefined, handled = draft.head.seq): void {
	const { head } = draft;
	moveFloor(draft, answerer?.name);
	if (!answerer) return;
	const participant = enrol(head, answerer);
	participant.handled = handled;
	if (head.seq > 0) participant.fresh = true;
}

function moveFloor(draft: SessionDraft, holder: string | undefined): void {
	const { head } = draft;
	head.floor = { holder, fence: head.floor.fence + 1, answered: head.floor.answered };
	delete head.turn;
	draft.touched = true;
}

function enrol(head: Head, answerer: Answerer): Participant {
	const { name, profile } = answerer;
	const participant: Participant = head.participants[name] ?? { role: "answerer", connector: name, endpoints: {} };
	Object.assign(participant, profile);
	head.participants[name] = participant;
	return participant;
}

/**
 * The answerer that holds the floor; undefined if people do, or there is none. Where it's one that serves this app no
 * longer, or nobody holds it, the default one is granted it, with what waited for the other.
 */
export function holderOf(draft: SessionDraft, answerers: Answerers): Answerer | undefined {
	const { holder } = draft.head.floor;
	if (holder !== undefined && !isAutomated(draft.head)) return undefined;
	const known = answerers.get(holder ?? "");
	if (known) return known;
	if (draft.head.peopleFirst) {
		if (holder !== undefined) giveToPeople(draft);
		return undefined;
	}
	const answerer = defaultAnswerer(answerers);
	if (answerer) grant(draft, answerer, handledOf(draft.head));
	return answerer;
}

/** Where nobody takes part, the app's answerer gets the floor, with what people left unanswered. Answers whether it has it. */
export function giveToAnswerer(draft: SessionDraft, answerers: Answerers): boolean {
	const { head } = draft;
	const { holder, answered = 0 } = head.floor;
	if (holder !== undefined) return isAutomated(head);
	const answerer = defaultAnswerer(answerers);
	if (answerer) grant(draft, answerer, answered);
	return answerer !== undefined;
}

/** No answerer is to answer until it's given the floor again: what one has begun is void, and people's to answer. */
export function giveToPeople(draft: SessionDraft): void {
	if (!isAutomated(draft.head)) return;
	const handled = handledOf(draft.head);
	moveFloor(draft, undefined);
	draft.head.floor.answered = handled;
}

/** An agent begins to take part: the floor is people's from here on. */
export function bargeIn(draft: SessionDraft, agentId: string, profile: Profile): void {
	const agent = draft.head.participants[agentId];
	if (agent?.role !== "agent") return;
	rename(draft, agent, profile);
	if (agent.bargedIn) return;
	agent.bargedIn = true;
	delete draft.head.handOff;
	delete draft.head.floor.awaySince;
	const { holder } = draft.head.floor;
	if (holder === undefined || isAutomated(draft.head)) {
		const answered = holder === undefined ? draft.head.floor.answered : handledOf(draft.head);
		moveFloor(draft, agentId);
		draft.head.floor.answered = answered ?? 0;
	}
	draft.append(senderOf(agentId, agent), "everyone", { type: "joined" });
}

/** An agent ceases to take part; with the last one the floor goes back to the app's answerer. */
export function bargeOut(
	draft: SessionDraft,
	agentId: string,
	answerers: Answerers,
	away?: { readonly handled: number },
): void {
	const { head } = draft;
	const agent = head.participants[agentId];
	if (!agent?.bargedIn) return;
	delete agent.bargedIn;
	draft.append(senderOf(agentId, agent), "everyone", away ? { type: "left", reason: "away" } : { type: "left" });
	const other = Object.keys(head.participants).find((id) => head.participants[id]?.bargedIn);
	if (other === undefined && head.peopleFirst) {
		moveFloor(draft, undefined);
		head.floor.answered = away?.handled ?? head.seq;
	} else if (other === undefined) grant(draft, defaultAnswerer(answerers), away?.handled);
	else if (head.floor.holder === agentId) moveFloor(draft, other);
	noteAway(draft);
}

/** Notes that none of the agents who hold the floor can be reached, and has that looked after when the grace is over. */
export function noteAway(draft: SessionDraft): void {
	const { head } = draft;
	const holders = Object.values(head.participants).filter((participant) => participant.bargedIn);
	if (holders.length === 0 || holders.some(isReachable) || head.floor.awaySince !== undefined) return;
	head.floor.awaySince = draft.now;
	draft.touched = true;
}

/** How long an agent without a connection is taken to be there after they did something, in milliseconds. */
const ACTING_MS = 5 * 60_000;

/** Notes that an agent is there although they can't be reached: they did something just now, without a connection. */
export function noteActing(draft: SessionDraft): void {
	const { floor, participants } = draft.head;
	const holders = Object.values(participants).filter((participant) => participant.bargedIn);
	if (holders.length === 0 || holders.some(isReachable)) return;
	floor.awaySince = draft.now + ACTING_MS - AGENT_GRACE_MS;
	draft.touched = true;
}

/** How many agents are taken from the floor at once: each is an entry, and a transaction holds few. */
const AT_ONCE = 5;

/**
 * Takes the floor back from agents who have been unreachable for too long. What they left unanswered is then the
 * answerer's.
 */
export function endAbsence(draft: SessionDraft, answerers: Answerers): void {
	const { head } = draft;
	const { awaySince, answered = 0 } = head.floor;
	if (awaySince === undefined || draft.now < awaySince + AGENT_GRACE_MS) return;
	const holders = Object.keys(head.participants).filter((id) => head.participants[id]?.bargedIn);
	for (const id of holders.slice(0, AT_ONCE)) bargeOut(draft, id, answerers, { handled: answered });
	if (holders.length > AT_ONCE) head.floor.awaySince = awaySince;
}

/** Asks for somebody else to answer. Who holds the floor keeps it until somebody comes. */
export function handOff(
	draft: SessionDraft,
	{ participantId, participant }: Speaker,
	target: string | undefined,
	answerers: Answerers,
): void {
	const invited = target !== draft.head.floor.holder && answerers.has(target ?? "") ? true : undefined;
	draft.head.handOff = { target, until: draft.now + HAND_OFF_MS, invited };
	draft.append(senderOf(participantId, participant), "answerers", { type: "handOff", target });
}

/** The answerer that was asked doesn't come; a person still may. */
export function declineHandOff(draft: SessionDraft, answerer: Answerer, fence: number): void {
	const { handOff, floor } = draft.head;
	if (floor.fence !== fence || handOff?.target !== answerer.name) return;
	delete handOff.invited;
	draft.touched = true;
}

/** Nobody is waited for any longer than was said. */
export function endHandOff(draft: SessionDraft): void {
	const { handOff } = draft.head;
	if (!handOff || handOff.until >= draft.now) return;
	delete draft.head.handOff;
	draft.touched = true;
}

/** The answerer that was asked takes the floor, unless the hand-off is over, or somebody else came. */
export function acceptHandOff(draft: SessionDraft, answerer: Answerer, fence: number): boolean {
	const { head } = draft;
	if (head.floor.fence !== fence || head.handOff?.target !== answerer.name || head.handOff.until < draft.now)
		return false;
	delete head.handOff;
	// What was asked meanwhile is the new one's.
	const handled = isAutomated(head) ? handledOf(head) : (head.floor.answered ?? 0);
	dismiss(draft);
	grant(draft, answerer, handled);
	const participant = head.participants[answerer.name];
	if (participant) draft.append(senderOf(answerer.name, participant), "everyone", { type: "joined" });
	return true;
}

/** Agents who handed over to an answerer cease to take part. */
function dismiss(draft: SessionDraft): void {
	const agents = Object.entries(draft.head.participants).filter(([, { bargedIn }]) => bargedIn);
	for (const [index, [id, agent]] of agents.entries()) {
		delete agent.bargedIn;
		if (index < AT_ONCE) draft.append(senderOf(id, agent), "everyone", { type: "left" });
	}
}
