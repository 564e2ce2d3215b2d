import type { Profile } from "../protocol/Dialect.js";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import type { Address } from "../transport/Transport.js";
import { newId } from "./identity.js";
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
	/** How far the client's clock is ahead of ours, where it told. */
	readonly aheadMs?: number;
	/** What each endpoint of this participant has confirmed; undefined where what was pushed counts as seen. */
	readonly confirmed: ReadonlyMap<string, number> | undefined;
	/** Whether a connection that the head says is open is known to be dead. */
	readonly isDead: (connection: string) => boolean;
	/** What came while it was away is pushed later, not by whoever attaches it. */
	readonly pushLater: boolean;
}

export interface Attached {
	readonly endpoint: string;
	/** What the reader lacks: the entries after `from`, up to and including `to`. */
	readonly from: number;
	readonly to: number;
	/** It wasn't attached before. */
	readonly isNew: boolean;
	/** The participant wasn't in the session before. */
	readonly isFirst: boolean;
}

/** Attaches a connection to the session; a visitor must be the one who opened it. Throws `session_forbidden`, `session_full`. */
export function attach(draft: SessionDraft, arrival: Arrival): Attached {
	const { head } = draft;
	if (arrival.role === "visitor" && head.owner !== arrival.participant) throw new RouterError("session_forbidden");
	const known = head.participants[arrival.participant];
	if (!known && Object.keys(head.participants).length >= LIMITS.participants) throw new RouterError("session_full");
	const participant = known ?? join(head, arrival);
	rename(draft, participant, arrival.profile);
	const open = endpointOf(participant, arrival.address.connection);
	if (open && !open.endpoint.behind) {
		return { endpoint: open.id, from: head.seq, to: head.seq, isNew: false, isFirst: false };
	}
	draft.touched = true;
	const { id, endpoint } = open ?? claim(head, participant, arrival, !known);
	endpoint.connection = arrival.address.connection;
	endpoint.url = arrival.address.url;
	if (!arrival.sends) endpoint.sends = false;
	if (!arrival.receives) endpoint.receives = false;
	if (arrival.aheadMs !== undefined) endpoint.aheadMs = arrival.aheadMs;
	delete endpoint.closedAt;
	if (arrival.pushLater) endpoint.behind = true;
	else delete endpoint.behind;
	endpoint.since = head.seq;
	if (participant.bargedIn) delete head.floor.awaySince;
	return { endpoint: id, from: endpoint.seen, to: head.seq, isNew: true, isFirst: !known };
}

function join(head: Head, arrival: Arrival): Participant {
	const { role, connector, ref } = arrival;
	const participant: Participant = { role, connector, ref, endpoints: {} };
	head.participants[arrival.participant] = participant;
	return participant;
}

/** Takes the name, the address and the picture that came with a frame. */
export function rename(draft: SessionDraft, participant: Participant, profile: Profile): void {
	for (const field of ["name", "email", "avatar"] as const) {
		if (profile[field] === undefined || profile[field] === participant[field]) continue;
		participant[field] = profile[field];
		draft.touched = true;
	}
}

/**
 * The endpoint that comes back: of those that are closed the one furthest behind, so that nothing is lost where it
 * can't be told which it is. With none closed it's a further one, which starts where the others are sure to be: the
 * client that comes back before its lost connection was noticed lacks only what that one didn't confirm.
 */
function claim(
	head: Head,
	participant: Participant,
	arrival: Arrival,
	isFirst: boolean,
): { id: string; endpoint: EndpointState } {
	const all = Object.entries(participant.endpoints).map(([id, endpoint]) => {
		const away = endpoint.connection === undefined || arrival.isDead(endpoint.connection);
		const pushed = arrival.confirmed ? (arrival.confirmed.get(id) ?? 0) : away ? 0 : head.seq;
		return { id, endpoint, away, seen: Math.max(endpoint.seen, pushed) };
	});
	const away = all.filter((each) => each.away).sort((a, b) => a.seen - b.seen);
	const [back] = away;
	if (back) {
		back.endpoint.seen = back.seen;
		return back;
	}
	if (all.length >= LIMITS.endpoints) {
		const [longest] = all.sort((a, b) => a.endpoint.since - b.endpoint.since);
		if (longest) delete participant.endpoints[longest.id];
	}
	const seen = isFirst ? firstSeen(head, arrival.role) : Math.min(head.seq, ...all.map((each) => each.seen));
	const id = newId().slice(0, 8);
	const endpoint: EndpointState = { since: head.seq, seen };
	participant.endpoints[id] = endpoint;
	return { id, endpoint };
}

/** Who joins a session that others are in is shown what was said before. */
function firstSeen(head: Head, role: Arrival["role"]): number {
	return role === "agent" ? Math.max(0, head.seq - LIMITS.historyOnJoin) : head.seq;
}

/**
 * Closes an endpoint. `seen` is the newest entry that it's known, or taken, to have; reports of one closing may come
 * more than once, and the least of them counts. `forget` drops an endpoint that can't come back, if it's not the only one.
 */
export function detach(
	draft: SessionDraft,
	participantId: string,
	endpointId: string,
	connection: string,
	closing: { readonly seen: number; readonly forget?: boolean },
): void {
	const participant = draft.head.participants[participantId];
	const endpoint = participant?.endpoints[endpointId];
	if (!participant || !endpoint || (endpoint.connection !== undefined && endpoint.connection !== connection)) return;
	const wasOpen = endpoint.connection !== undefined;
	const seen = wasOpen
		? Math.max(endpoint.seen, Math.min(closing.seen, draft.head.seq))
		: Math.min(endpoint.seen, closing.seen);
	if (!wasOpen && seen === endpoint.seen) return;
	draft.touched = true;
	endpoint.seen = seen;
	delete endpoint.connection;
	delete endpoint.url;
	endpoint.closedAt ??= draft.now;
	if (closing.forget && Object.keys(participant.endpoints).length > 1) delete participant.endpoints[endpointId];
}

/** The endpoint of a participant that this connection is attached to. */
export function endpointOf(
	participant: Participant,
	connection: string,
): { id: string; endpoint: EndpointState } | undefined {
	for (const id of Object.keys(participant.endpoints)) {
		const endpoint = participant.endpoints[id];
		if (endpoint?.connection === connection) return { id, endpoint };
	}
	return undefined;
}

/** Who this connection is in the session; undefined if it isn't attached. */
export function attachedAs(
	head: Head,
	connection: string,
): { participantId: string; participant: Participant; endpointId: string; endpoint: EndpointState } | undefined {
	for (const participantId of Object.keys(head.participants)) {
		const participant = head.participants[participantId];
		const found = participant && endpointOf(participant, connection);
		if (participant && found) return { participantId, participant, endpointId: found.id, endpoint: found.endpoint };
	}
	return undefined;
}

/** Whether somebody of these is reachable now. */
export function isReachable(participant: Participant): boolean {
	return Object.values(participant.endpoints).some((endpoint) => endpoint.connection !== undefined);
}
