import type { StentorRequest, StentorResponse } from "./stentor.js";

/** What a participant is to a session. */
export type Role = "visitor" | "agent" | "answerer";

/** Who may see an entry: `staff` are agents and answerers; `answerers` are automated (a greeting is for the bot alone). */
export type Audience = "everyone" | "staff" | "answerers";

const LEVEL: Record<Role, number> = { visitor: 0, agent: 1, answerer: 2 };
const NEEDED: Record<Audience, number> = { everyone: 0, staff: 1, answerers: 2 };

/** Whether a reader of this role may see an entry for this audience. */
export function maySee(role: Role, audience: Audience): boolean {
	return LEVEL[role] >= NEEDED[audience];
}

/** Who said something, as the others of the session know them. `id` is an alias in this session, never the user id. */
export interface Sender {
	readonly id: string;
	readonly role: Role;
	readonly name?: string;
	readonly avatar?: string;
}

/** A file that a message brings. */
export interface Attachment {
	/** Where it's read: an address by http or https, or a path of this server. */
	readonly url: string;
	readonly name?: string;
	readonly contentType?: string;
	/** Bytes. */
	readonly size?: number;
}

/** What an entry says. `text` is what a person reads; the Stentor forms keep what a bot or a widget needs beyond it. */
export type Content =
	| {
			readonly type: "message";
			readonly text: string;
			readonly request?: StentorRequest;
			readonly response?: StentorResponse;
			readonly attachments?: readonly Attachment[];
			/** How it's meant to be shown. Default: as text. */
			readonly format?: "image" | "file";
	  }
	/** The greeting that a widget asks a bot for. */
	| { readonly type: "launch"; readonly request: StentorRequest }
	/** The sender began, or ceased, to take part in the talk. */
	| { readonly type: "joined" }
	| { readonly type: "left"; readonly reason?: "away" }
	/** The sender asks that somebody else answers. */
	| { readonly type: "handOff"; readonly target?: string }
	/** The sender says that the conversation is over; what its visitor says after it reopens it. */
	| { readonly type: "closed" }
	/** It's open again, although nothing was said. */
	| { readonly type: "reopened" }
	/** It was closed, and is put away now: for what its visitor says next another one is to be opened. */
	| { readonly type: "archived" }
	/** What the visitor thought of it, from 1 to 5. */
	| { readonly type: "rated"; readonly rating: number; readonly comment?: string }
	/** The sender should have answered entry `seq` and could not. */
	| { readonly type: "failure"; readonly seq: number; readonly error: string }
	/** What stood here was erased. It had an author and a time, and keeps its number. */
	| { readonly type: "erased" };

/** One entry of a session's log. */
export interface Entry {
	/** The session's key. */
	readonly session: string;
	/** 1, 2, 3 … without holes, in the order of the commits. */
	readonly seq: number;
	/** The newest entry before this one for everyone's eyes, and for staff's (0: none). An answerer's is `seq - 1`. */
	readonly prev: { readonly everyone: number; readonly staff: number };
	/** Unique for its sender in this session; the server's own where the client gave none. */
	readonly messageId: string;
	/** Server's epoch milliseconds; rises with every entry of a session. */
	readonly timeMs: number;
	readonly from: Sender;
	readonly audience: Audience;
	readonly content: Content;
}

/** The `seq` of the entry before this one that a reader of this role may see. */
export function prevFor(role: Role, entry: Pick<Entry, "seq" | "prev">): number {
	return role === "visitor" ? entry.prev.everyone : role === "agent" ? entry.prev.staff : entry.seq - 1;
}
