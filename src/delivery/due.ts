import { partsOf } from "./identity.js";
import { wantsAnswer } from "./participants.js";
import type { DueRecord, Head } from "./records.js";

/** How long an agent who holds the floor may be unreachable before the answerer takes it back, in milliseconds. */
export const AGENT_GRACE_MS = 60_000;
/** How often a session that people answer is looked at: whether they are still there. */
const PEOPLE_MS = 5 * 60_000;
/** The same, while none of them is sure to be there: a connection may be gone before it was open. */
const UNSURE_MS = 60_000;
/** How long what waits for an answer, or an invitation, is left to the process that has it in hand. */
const IN_HAND_MS = 30_000;
/** Spreads the due records of one app over this many hashes. */
export const DUE_SHARDS = 4;

/** When somebody must look after the session, whatever happens to this process; undefined if nobody need. */
export function neededAt(head: Head, now: number): number | undefined {
	const { turn, floor, handOff } = head;
	const isBeingAnswered = turn !== undefined && turn.until > now;
	const times = [
		isBeingAnswered ? turn.until : undefined,
		wantsAnswer(head) && !isBeingAnswered ? now + IN_HAND_MS : undefined,
		handOff?.invited ? now + IN_HAND_MS : undefined,
		floor.awaySince === undefined ? undefined : floor.awaySince + AGENT_GRACE_MS,
		head.participants[floor.holder ?? ""]?.role === "agent" ? now + (isHeard(head) ? PEOPLE_MS : UNSURE_MS) : undefined,
	].filter((time) => time !== undefined);
	return times.length > 0 ? Math.min(...times) : undefined;
}

/** Whether an agent who takes part was reached by what was pushed last. */
function isHeard(head: Head): boolean {
	const holders = Object.values(head.participants).filter(({ bargedIn }) => bargedIn);
	return holders.some(({ endpoints }) =>
		Object.values(endpoints).some((at) => at.connection !== undefined && !at.behind),
	);
}

/** Sets the head's due record to when it's needed. One that's earlier stays: whoever looks then sets the next. */
export function scheduleLook(head: Head, now: number): void {
	const needed = neededAt(head, now);
	if (needed === undefined) {
		delete head.due;
		return;
	}
	const known = dueTime(head);
	if (known === undefined || needed < known) head.due = needed;
}

/** When the session is due. */
export function dueTime({ due }: Pick<Head, "due">): number | undefined {
	return typeof due === "object" ? Number.parseInt(due.at, 10) : due;
}

/** The record that brings a session back at this time. */
export function dueRecord(session: string, time: number): DueRecord {
	const { topic, app, sessionId } = partsOf(session);
	const at = `${String(time).padStart(15, "0")}/${session}`;
	return { shard: dueShard(topic, app, shardOf(sessionId)), at, session };
}

/** The hash of an app's due records. */
export function dueShard(topic: string, app: string, shard: number): string {
	return `${topic}/${app}/${shard}`;
}

function shardOf(sessionId: string): number {
	let sum = 0;
	for (let i = 0; i < sessionId.length; i++) sum += sessionId.charCodeAt(i);
	return sum % DUE_SHARDS;
}
