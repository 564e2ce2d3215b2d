import type { Monitor } from "../monitoring/Monitor.js";
import type { Command, Signal } from "../protocol/Dialect.js";
import type { Sender } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { Attendance } from "./Attendance.js";
import type { Connected } from "./Connections.js";
import type { Cursors } from "./Cursors.js";
import type { Departures } from "./Departures.js";
import type { Fanout } from "./Fanout.js";
import type { Files } from "./Files.js";
import { type Attendee, attachedAs, type Speaker, senderOf } from "./participants.js";
import type { Permits, Roster, Switchboard } from "./ports.js";
import type { Head, Participant } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";
import type { ChangeOptions, Committed, SessionLog } from "./SessionLog.js";
import type { Turns } from "./Turns.js";

/** What the commands of clients are done with. */
export interface CommandPorts {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly files: Files;
	readonly cursors: Cursors;
	readonly attendance: Attendance;
	readonly departures: Departures;
	readonly turns: Turns;
	readonly switchboard: Switchboard;
	readonly monitor: Monitor;
	readonly roster: Roster | undefined;
	readonly permits: Permits | undefined;
	/** This process. */
	readonly instance: string;
	readonly clock: () => number;
	track(what: string, work: Promise<unknown>): void;
}

/** What came with a frame besides its command. */
export interface Context {
	readonly connected: Connected;
	readonly trace: string;
	/** How far the client's clock was ahead of ours, less the frame's time on its way. */
	readonly aheadMs?: number;
}

export type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

const ATTACH_TRIES = 3;

/** This connection isn't attached to the session. */
export class NotAttached extends Error {}

/** A change of a session for who is at a connection. */
export interface AttachedChange<T> extends Omit<ChangeOptions<T>, "create"> {
	readonly rule: (draft: SessionDraft, me: Attendee) => T;
}

/** Changes the session for who is at the connection. Rejects with `NotAttached`. */
export function changeHere<T>(
	{ log }: CommandPorts,
	{ connected }: Context,
	key: string,
	change: AttachedChange<T>,
): Promise<Committed<T>> {
	return log.change(
		key,
		(draft) => {
			const me = attachedAs(draft.head, connected.address.connection);
			if (!me) throw new NotAttached();
			return change.rule(draft, me);
		},
		change,
	);
}

/**
 * Changes the session for who is at the connection; one that isn't attached to it is, first: a visitor's if its user
 * was there before, an agent's in any case (the published widget may send `barge in` before `user joined`).
 */
export async function changeAttached<T>(
	ports: CommandPorts,
	context: Context,
	key: string,
	change: AttachedChange<T>,
): Promise<Committed<T>> {
	const { connected, aheadMs } = context;
	for (let tries = 1; ; tries++) {
		try {
			return await changeHere(ports, context, key, change);
		} catch (error) {
			if (!(error instanceof NotAttached)) throw error;
			// More tabs than there are places for push each other out.
			if (tries === ATTACH_TRIES) throw new RouterError("overloaded", undefined, { cause: error });
		}
		const returning = connected.connector.role === "visitor";
		await ports.attendance.join(connected, key, { profile: {}, aheadMs, mayOpen: false, returning });
	}
}

/**
 * Who is at the connection, in a session that it's attached to, and who may hear of them. Throws `session_unknown`,
 * `not_joined`.
 */
export async function present(
	{ log, attendance }: CommandPorts,
	{ connected }: Context,
	sessionId: string,
): Promise<{ head: Head; who: Sender; maySend: boolean; mayHear: (id: string, participant: Participant) => boolean }> {
	const head = await log.peek(attendance.keyOf(connected, sessionId));
	const me = head && attachedAs(head, connected.address.connection);
	if (!head) throw new RouterError("session_unknown");
	if (!me) throw new RouterError("not_joined");
	if (me.endpoint.behind) await attendance.welcome(connected, { mayResume: false });
	return {
		head,
		who: senderOf(me.participantId, me.participant),
		maySend: me.endpoint.sends !== false,
		mayHear: hearing(me),
	};
}

/** Who may hear what somebody is doing: not themselves; and visitors aren't to see that an agent only watches. */
export function hearing({ participantId, participant }: Speaker): (id: string, participant: Participant) => boolean {
	const isSecret = participant.role === "agent" && !participant.bargedIn;
	return (id, { role }) => id !== participantId && (role !== "visitor" || !isSecret);
}

/** Tells the connection that a command came from. */
export function tell(
	{ fanout }: Pick<CommandPorts, "fanout">,
	{ address, connector }: Connected,
	sessionId: string | undefined,
	signal: Signal,
	aheadMs = 0,
): Promise<undefined> | undefined {
	return fanout.tell(address, connector.dialect, sessionId, signal, aheadMs);
}
