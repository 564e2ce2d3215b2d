import type { Profile } from "../protocol/Dialect.js";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import type { Address } from "../transport/Transport.js";
import { noteAway } from "./floor.js";
import { newId } from "./identity.js";
import { type Attendee, assertNotBarred, endpointOf, rename } from "./participants.js";
import type { EndpointState, Head, Participant } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";

/** A person (or device) as it comes to a session. */
export interface Arrival {
	readonly participant: string;
	readonly role: "visitor" | "agent";
	readonly connector: string;
	readonly ref: string;
	readonly profile: Profile;
	readonly address: Address;
	readonly sends: boolean;
	readonly receives: boolean;
	/** How far the client's clock is ahead of ours, as a first frame tells. */
	readonly aheadMs?: number;
	/** What each endpoint of this participant has confirmed; undefined where what was pushed counts as seen. */
	readonly confirmed: ReadonlyMap<string, number> | undefined;
	/** Whether a connection that the head says is open is known to be dead. */
	readonly isDead: (connection: string) => boolean;
	/** What came while it was away is pushed later, not by whoever attaches it. */
	readonly pushLater: boolean;
}

export interface Attached {
	/** What the reader lacks: the entries after `from`, up to and including `to`. */
	readonly from: number;
	readonly to: number;
	/** It wasn't attached before. */
	readonly isNew: boolean;
	/** The participant wasn't in the session before. */
	readonly isFirst: boolean;
}

/**
 * Attaches a connection to the session; a visitor must be the one who opened it. Throws `session_forbidden`,
 * `customer_blocked`, `session_full`.
 */
export function attach(draft: SessionDraft, arrival: Arrival): Attached {
	const { head } = draft;
	const { connection, url } = arrival.address;
	if (arrival.role === "visitor" && head.owner !== arrival.participant) throw new RouterError("session_forbidden");
	assertNotBarred(head, arrival.role);
	const known = head.participants[arrival.participant];
	if (!known) makeRoom(draft);
	const participant = known ?? join(head, arrival);
	// In the talk they have a name already.
	if (!participant.bargedIn) rename(draft, participant, arrival.profile);
	const open = endpointOf(participant, connection);
	if (open && !open.endpoint.behind) return { from: head.seq, to: head.seq, isNew: false, isFirst: false };
	draft.touched = true;
	if (arrival.aheadMs !== undefined) participant.clock ??= [[0, arrival.aheadMs]];
	// Who has only acted without a connection has none yet.
	if (Object.keys(participant.endpoints).length === 0) participant.connector = arrival.connector;
	const endpoint = open?.endpoint ?? claim(draft, participant, arrival, !known);
	// What a former connection at this place could do is nothing to this one.
	if (arrival.sends) delete endpoint.sends;
	else endpoint.sends = false;
	if (arrival.receives) delete endpoint.receives;
	else endpoint.receives = false;
	if (arrival.connector === participant.connector) delete endpoint.connector;
	else endpoint.connector = arrival.connector;
	if (arrival.pushLater) endpoint.behind = true;
	else delete endpoint.behind;
	delete endpoint.closedAt;
	Object.assign(endpoint, { connection, attachedAt: draft.now });
	head.url ??= url;
	if (url === head.url) delete endpoint.url;
	else endpoint.url = url;
	if (participant.bargedIn) delete head.floor.awaySince;
	return { from: endpoint.seen, to: head.seq, isNew: true, isFirst: !known };
}

/** For how long an agent who only watched is known again, in milliseconds: the published widget keeps its history as long. */
const WATCHER_MS = 24 * 3600_000;

/** Who does something without a connection, as a participant of the session from now on. Throws `session_full`. */
export function enrol(draft: SessionDraft, id: string, participant: Participant): void {
	makeRoom(draft);
	draft.head.participants[id] = participant;
	draft.touched = true;
}

/** Agents who only watched and are gone make room for who comes: those gone for long, or where it's full the first. */
function makeRoom({ head, now }: SessionDraft): void {
	const gone = Object.entries(head.participants).flatMap(([id, { role, bargedIn, endpoints }]) => {
		const closed = Object.values(endpoints).map(({ closedAt }) => closedAt ?? Number.POSITIVE_INFINITY);
		return role === "agent" && !bargedIn ? [{ id, since: Math.max(0, ...closed) }] : [];
	});
	for (const { id, since } of gone) if (since < now - WATCHER_MS) delete head.participants[id];
	if (Object.keys(head.participants).length < LIMITS.participants) return;
	const first = gone.reduce((a, b) => (a.since <= b.since ? a : b), { id: "", since: Number.POSITIVE_INFINITY });
	if (first.since === Number.POSITIVE_INFINITY) throw new RouterError("session_full");
	delete head.participants[first.id];
}

function join(head: Head, arrival: Arrival): Participant {
	const { role, connector, ref } = arrival;
	const participant: Participant = { role, connector, ref, endpoints: {} };
	head.participants[arrival.participant] = participant;
	return participant;
}

/** Endpoints that closed within this time of each other may have had one cause, a network that failed, say. */
const TOGETHER_MS = 2 * 60_000;

/**
 * The endpoint that comes back. Of those that closed last, together, it's the one furthest behind, so that nothing is
 * lost where it can't be told which it is; those that were left behind before are forgotten. With none closed it's a
 * further one, which starts where the others are sure to be: the client that comes back before its lost connection was
 * noticed lacks only what that one didn't confirm.
 */
function claim(draft: SessionDraft, participant: Participant, arrival: Arrival, isFirst: boolean): EndpointState {
	const { head, now } = draft;
	const all = Object.entries(participant.endpoints).map(([id, endpoint]) => {
		const isAway = endpoint.connection === undefined || arrival.isDead(endpoint.connection);
		// Where nothing is confirmed, what was pushed counts as seen.
		const pushed = isAway || endpoint.behind ? 0 : head.seq;
		const confirmed = arrival.confirmed ? (arrival.confirmed.get(id) ?? 0) : pushed;
		const closedAt = endpoint.closedAt ?? now;
		return { id, endpoint, isAway, closedAt, seen: Math.max(endpoint.seen, confirmed) };
	});
	const away = all.filter(({ isAway }) => isAway).sort((a, b) => b.closedAt - a.closedAt);
	const last = away[0];
	if (last) {
		const together = away.filter(({ closedAt }) => last.closedAt - closedAt < TOGETHER_MS);
		for (const { id } of away) if (!together.some((each) => each.id === id)) delete participant.endpoints[id];
		const back = together.reduce((least, each) => (each.seen < least.seen ? each : least));
		back.endpoint.seen = back.seen;
		return back.endpoint;
	}
	if (all.length >= LIMITS.endpoints) {
		const oldest = all.reduce((a, b) => (a.endpoint.attachedAt <= b.endpoint.attachedAt ? a : b));
		delete participant.endpoints[oldest.id];
	}
	const isFirstEndpoint = all.length === 0;
	const seen = isFirstEndpoint
		? firstSeen(head, arrival.role, isFirst)
		: Math.min(head.seq, ...all.map((each) => each.seen));
	const endpoint: EndpointState = { attachedAt: 0, seen };
	participant.endpoints[newId().slice(0, 8)] = endpoint;
	return endpoint;
}

/**
 * Who joins a session that others are in is shown what was said before; and who has done something in it without a
 * connection, because nothing of it was pushed to them; not what was erased since.
 */
function firstSeen(head: Head, role: Arrival["role"], isFirst: boolean): number {
	if (role === "agent") return Math.max(0, head.seq - LIMITS.historyOnJoin);
	return isFirst ? head.seq : Math.max(0, head.seq - LIMITS.historyOnJoin, head.erased ?? 0);
}

/**
 * Closes the endpoint that a connection holds. `seen` is the newest entry that it's known, or taken, to have. `forget`
 * drops an endpoint that can't come back, if it's not the only one.
 */
export function detach(
	draft: SessionDraft,
	{ participant, endpointId, endpoint }: Attendee,
	closing: { readonly seen: number; readonly forget?: boolean },
): void {
	draft.touched = true;
	// What it was to be pushed later hasn't been.
	if (!endpoint.behind) endpoint.seen = Math.max(endpoint.seen, Math.min(closing.seen, draft.head.seq));
	delete endpoint.behind;
	delete endpoint.connection;
	delete endpoint.url;
	endpoint.closedAt = draft.now;
	if (closing.forget && Object.keys(participant.endpoints).length > 1) delete participant.endpoints[endpointId];
	noteAway(draft);
}

/** Says whether the session's visitor may take part; answers the open connections of one who may not. */
export function bar(draft: SessionDraft, isBarred: boolean): string[] {
	const { head } = draft;
	if (isBarred !== (head.barred === true)) draft.touched = true;
	if (isBarred) head.barred = true;
	else delete head.barred;
	const { endpoints = {} } = head.participants[head.owner] ?? {};
	return isBarred ? Object.values(endpoints).flatMap(({ connection }) => connection ?? []) : [];
}

/** For how long after it was attached a connection may not be open yet: API Gateway opens it when its handler returns. */
const OPENING_MS = 30_000;

/** What is to be pushed again to a connection: the entries after `from`, up to and including `to`. */
export interface Missing {
	readonly connection: string;
	readonly from: number;
	readonly to: number;
}

/**
 * An endpoint was not handed the entry `seq`. What is to be pushed again, to where it was taken to be had: to the
 * endpoint itself, if it has come back meanwhile, and to one beside it, which its client may have come back to before the
 * loss was noticed. `confirmed` is what it has, where the transport knows.
 */
export function lose(
	draft: SessionDraft,
	at: { readonly participantId: string; readonly endpointId: string; readonly connection: string },
	seq: number,
	confirmed: number | undefined,
): Missing[] {
	const participant = draft.head.participants[at.participantId];
	const endpoint = participant?.endpoints[at.endpointId];
	if (!participant || !endpoint) return [];
	const seen = confirmed ?? seq - 1;
	if (endpoint.connection === at.connection) {
		// It was left behind by the loss of a later entry, before which it was taken to have all.
		if (endpoint.behind && confirmed === undefined && endpoint.seen > seen) {
			endpoint.seen = seen;
			draft.touched = true;
		}
		if (!endpoint.behind && draft.now - endpoint.attachedAt < OPENING_MS) {
			endpoint.seen = Math.max(confirmed === undefined ? 0 : endpoint.seen, seen);
			endpoint.behind = true;
			draft.touched = true;
		} else if (!endpoint.behind || draft.now - endpoint.attachedAt >= OPENING_MS) {
			detach(draft, { ...at, participant, endpoint }, { seen });
		}
	} else if (confirmed === undefined && endpoint.connection === undefined && endpoint.seen > seen) {
		endpoint.seen = seen;
		draft.touched = true;
	}
	// Where arrivals are confirmed, closing it has told what it had, and others began there.
	if (confirmed !== undefined) return [];
	return Object.values(participant.endpoints).flatMap((each) => {
		const { connection, seen: to } = each;
		if (connection === undefined || connection === at.connection || to <= seen) return [];
		each.seen = seen;
		draft.touched = true;
		return each.behind ? [] : [{ connection, from: seen, to }];
	});
}
