import type { Profile } from "../protocol/Dialect.js";
import type { Role, Sender } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { EndpointState, Head, Participant } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";

/** A participant as the others of the session know it. */
export function senderOf(id: string, participant: Participant): Sender {
	return { id, role: participant.role, name: participant.name, avatar: participant.avatar };
}

/** How far a participant's clock is ahead when it's told of an entry: whenever it's told of that one, the same. */
export function aheadAt(clock: Participant["clock"], seq: number): number {
	return (clock?.findLast(([from]) => from <= seq) ?? clock?.[0])?.[1] ?? 0;
}

/** Whether it can be reached now. */
export function isReachable(participant: Participant): boolean {
	return Object.values(participant.endpoints).some((endpoint) => endpoint.connection !== undefined);
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

/** Who does something in a session; without an endpoint, they're at no connection. */
export interface Speaker {
	readonly participantId: string;
	readonly participant: Participant;
	readonly endpoint?: EndpointState;
}

/** Who is at a connection, and their place. */
export interface Attendee extends Speaker {
	readonly endpointId: string;
	readonly endpoint: EndpointState;
}

/** Who this connection is in the session; undefined if it isn't attached. */
export function attachedAs(head: Head, connection: string): Attendee | undefined {
	for (const participantId of Object.keys(head.participants)) {
		const participant = head.participants[participantId];
		const found = participant && endpointOf(participant, connection);
		if (participant && found) return { participantId, participant, endpointId: found.id, endpoint: found.endpoint };
	}
	return undefined;
}

/** Throws `customer_blocked` for a visitor who may take no part. */
export function assertNotBarred({ barred }: Head, role: Role): void {
	if (barred && role === "visitor") throw new RouterError("customer_blocked");
}

/** Whether the floor is an answerer's. */
export function isAutomated(head: Head): boolean {
	return head.floor.holder !== undefined && head.participants[head.floor.holder]?.role === "answerer";
}

/** Up to where nothing waits any more for the answerer that holds the floor. */
export function handledOf(head: Head): number {
	return head.participants[head.floor.holder ?? ""]?.handled ?? 0;
}

/** Whether an entry waits for the answerer that holds the floor. */
export function wantsAnswer(head: Head): boolean {
	return isAutomated(head) && head.asked !== undefined && head.asked > handledOf(head);
}

/** Takes the name, the address and the picture that came with a frame. */
export function rename(draft: SessionDraft, participant: Participant, profile: Profile): void {
	for (const field of ["name", "email", "avatar"] as const) {
		if (profile[field] === undefined || profile[field] === participant[field]) continue;
		participant[field] = profile[field];
		draft.touched = true;
	}
}
