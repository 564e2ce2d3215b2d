import type { Role } from "../protocol/envelope.js";
import { partsOf } from "./identity.js";
import type { Head } from "./records.js";

/** A place where a participant is reached, or was and may come back to. */
export interface Endpoint {
	readonly id: string;
	/** While it's open. */
	readonly connection?: string;
	readonly permissions: { readonly sends: boolean; readonly receives: boolean };
	/** Who is there, as the session knows them. */
	readonly visitor: { readonly name?: string; readonly email?: string; readonly avatar?: string };
	/** Epoch milliseconds. */
	readonly closedAt?: number;
}

/** Whoever takes part in a session: a visitor, an agent, a bot. */
export interface SessionParticipant {
	/** An alias in this session; tells nothing about the user id. */
	readonly id: string;
	readonly role: Role;
	readonly name?: string;
	/** An agent who takes part in the talk, not only watches. */
	readonly bargedIn: boolean;
	readonly endpoints: readonly Endpoint[];
}

/** A conversation: an append-only log of entries, who takes part, and who may answer. */
export interface Session {
	readonly id: string;
	readonly app: string;
	/** The newest entry's number; 0 before the first. */
	readonly seq: number;
	readonly participants: readonly SessionParticipant[];
	/** Who answers: a participant's id. What another one began under a smaller `fence` is dropped. */
	readonly floor: { readonly holder?: string; readonly fence: number };
	/** People answer, unless the floor is given to an answerer. */
	readonly peopleFirst: boolean;
	/** Somebody else was asked to answer and hasn't come yet; `target` is who was named, `invited` that it's an answerer. */
	readonly handOff?: { readonly target?: string; readonly invited?: boolean };
}

/** What a session's head tells the outside. */
export function sessionOf(head: Head): Session {
	const { app, sessionId } = partsOf(head.session);
	const participants = Object.entries(head.participants).map(
		([id, { role, name, email, avatar, bargedIn, endpoints }]) => ({
			id,
			role,
			name,
			bargedIn: bargedIn === true,
			endpoints: Object.entries(endpoints).map(([endpointId, { connection, sends, receives, closedAt }]) => ({
				id: endpointId,
				connection,
				permissions: { sends: sends !== false, receives: receives !== false },
				visitor: { name, email, avatar },
				closedAt,
			})),
		}),
	);
	const { holder, fence } = head.floor;
	const handOff = head.handOff && { target: head.handOff.target, invited: head.handOff.invited };
	return {
		id: sessionId,
		app,
		seq: head.seq,
		participants,
		floor: { holder, fence },
		peopleFirst: head.peopleFirst === true,
		handOff,
	};
}
