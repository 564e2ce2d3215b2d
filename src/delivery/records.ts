import type { Greeting } from "../protocol/Dialect.js";
import type { Entry, Role } from "../protocol/envelope.js";
import { defineCollection } from "../storage/Storage.js";

/** The state of a session besides its log: everything that routing a message needs, in one small record. */
export interface Head {
	/** `<topic>/<app>/<session id>`. */
	session: string;
	/** Rises with every write; a write demands the one it has read. */
	rev: number;
	/** The newest entry's number; 0 before the first. */
	seq: number;
	/** The newest entry that everyone, or staff, may see. */
	last: { everyone: number; staff: number };
	/** The newest entry's time. */
	timeMs: number;
	/** Epoch milliseconds. */
	openedAt: number;
	/** The participant that opened the session; only that person may come back to it as its visitor. */
	owner: string;
	participants: Record<string, Participant>;
	floor: Floor;
	/** People answer, unless the floor is given to an answerer. */
	peopleFirst?: true;
	/** Its visitor has said nothing since somebody closed the conversation. */
	closed?: true;
	/** It's closed, and has been put away. */
	archived?: true;
	/** The visitor has rated it. */
	rated?: true;
	/** Its visitor is blocked, and may take no part in it. */
	barred?: true;
	/** Entries up to this one were erased; those that aren't yet are about to be. */
	erased?: number;
	/** The newest entry that wants an answer. */
	asked?: number;
	/** The turn under way. */
	turn?: TurnLease;
	/**
	 * When somebody looks after the session, whatever happens to this process: epoch milliseconds of its `due` record, see
	 * `dueRecord`. Heads were written with that record's own `at` before.
	 */
	due?: number | { at: string };
	/** Where transports post to its connections, where an endpoint has no `url` of its own. */
	url?: string;
	/** Somebody else was asked to answer, and hasn't come yet. */
	handOff?: {
		target?: string;
		until: number;
		/** The target is an answerer, to be asked whether it takes the floor. */
		invited?: true;
	};
}

export interface Participant {
	role: Role;
	name?: string;
	avatar?: string;
	email?: string;
	/** The person, by an alias that's the same in all sessions of the app; what bots know. */
	ref?: string;
	/** The connector by which it's reached. */
	connector: string;
	/** From which entry on, how far its clock is taken to be ahead of ours, in milliseconds; the newest last. */
	clock?: [fromSeq: number, aheadMs: number][];
	/** An agent who takes part in the talk; others only watch. */
	bargedIn?: boolean;
	/** Answerers: the newest entry that needs nothing more from it. */
	handled?: number;
	/** Answerers: the floor has come to it, and it hasn't answered since; it's given what was said before. */
	fresh?: boolean;
	endpoints: Record<string, EndpointState>;
}

/** One place where a participant is, or was and may come back to. */
export interface EndpointState {
	/** While open. */
	connection?: string;
	/** Where it's posted to, if that's not the head's `url`. */
	url?: string;
	/** The connector by which it's reached, where that's not its participant's. */
	connector?: string;
	/** Only when they may not. */
	sends?: false;
	receives?: false;
	/** The client numbers what it has. */
	numbered?: true;
	/** The client has asked to resume before: when it comes back, it will again. */
	resumes?: true;
	/** When it was attached, epoch milliseconds. */
	attachedAt: number;
	/** What it had seen when it was attached, or, once closed, when it was closed. */
	seen: number;
	/** What came while it was away has not been pushed yet. */
	behind?: true;
	closedAt?: number;
}

/** Who may answer. Holding it is a lease: answers begun under an older `fence` are dropped. */
export interface Floor {
	/** An answerer's or an agent's participant id; none where nobody answers. */
	holder?: string;
	fence: number;
	/** While people hold it: how far the visitor's messages were answered, by them or by the answerer before them. */
	answered?: number;
	/** Since when none of the agents who hold it has been reachable. */
	awaySince?: number;
}

export interface TurnLease {
	id: string;
	by: string;
	/** The entry that's being answered. */
	seq: number;
	fence: number;
	/** Epoch milliseconds; after that somebody else may take the turn. */
	until: number;
	/** 1 for the first time that this entry's turn is taken. */
	attempt: number;
	/** The process that runs it. */
	instance: string;
}

export interface MessageIdRecord {
	/** Of the session's key: see `messageIdKey`. */
	session: string;
	/** `<end of the participant's id>/<message id>`. */
	message: string;
	seq: number;
	/** Of the content. */
	digest: string;
}

export interface CursorRecord {
	session: string;
	/** `<participant>`, or `<participant>/<endpoint>` for `pushed`. */
	reader: string;
	delivered?: number;
	read?: number;
	/** The newest entry that this endpoint has confirmed. */
	pushed?: number;
}

export interface MembershipRecord {
	/** `<topic>/<app>/<hash of the user id>`. */
	member: string;
	session: string;
	joinedAt: number;
	expires: number;
}

export interface ConnectionRecord {
	/** `<topic>/<connection id>`. */
	connection: string;
	app: string;
	connector: string;
	user: string;
	/** Who is behind the user, where that's known. */
	account?: string;
	isAdmin?: true;
	/** The user id needs no secret: it was proved. */
	proved?: true;
	/** Epoch seconds: when what let the connection in ends. */
	until?: number;
	url?: string;
	name?: string;
	email?: string;
	avatar?: string;
	sends?: false;
	receives?: false;
	/** The only session that it may name. */
	session?: string;
	/** In a session that it opens people answer, see `Head`. */
	peopleFirst?: true;
	/** What it's to be told first, until it has been. */
	greeting?: Greeting;
	/** Since when a process is about to tell it, epoch milliseconds. */
	greetingAt?: number;
	/** The keys of the sessions that it has been attached to. */
	sessions: Record<string, true>;
	expires: number;
}

export interface AccountConnectionRecord {
	/** `<topic>/<app>/<account>`. */
	account: string;
	/** The transport's id. */
	connection: string;
	/** Of the record that says when the account's connections were ended last, epoch milliseconds. */
	endedAt?: number;
	expires: number;
}

export interface DueRecord {
	/** `<topic>/<app>/<0 to 3>`: spreads one app's writes. */
	shard: string;
	/** `<epoch ms, 15 digits>/<session key>`. */
	at: string;
	session: string;
}

export interface FeedCursorRecord {
	/** `<topic>/<plugin>`. */
	reader: string;
	cursor: string;
}

export const sessions = defineCollection<Head>({ name: "sessions", key: { hash: "session" } });

export const entries = defineCollection<Entry>({
	name: "entries",
	key: { hash: "session", range: { field: "seq", type: "number" } },
	feed: true,
});

/** What makes a sender's message id unique for ever. */
export const messageIds = defineCollection<MessageIdRecord>({
	name: "messageIds",
	key: { hash: "session", range: { field: "message", type: "string" } },
});

export const cursors = defineCollection<CursorRecord>({
	name: "cursors",
	key: { hash: "session", range: { field: "reader", type: "string" } },
});

/** In which sessions a user is. */
export const memberships = defineCollection<MembershipRecord>({
	name: "memberships",
	key: { hash: "member", range: { field: "session", type: "string" } },
	/** Who is in a session that's erased. */
	indexes: { bySession: { hash: "session" } },
	expires: "expires",
});

export const connections = defineCollection<ConnectionRecord>({
	name: "connections",
	key: { hash: "connection" },
	expires: "expires",
});

/** Which connections an account has. By its key, not by an index of the connections: an index may lag. */
export const accountConnections = defineCollection<AccountConnectionRecord>({
	name: "accountConnections",
	key: { hash: "account", range: { field: "connection", type: "string" } },
	expires: "expires",
});

/** Sessions that somebody must look after at a time, whatever happens to the process that has them in hand. */
export const due = defineCollection<DueRecord>({
	name: "due",
	key: { hash: "shard", range: { field: "at", type: "string" } },
});

export const feedCursors = defineCollection<FeedCursorRecord>({ name: "feedCursors", key: { hash: "reader" } });

/** Every collection of the post office; a storage is opened with these. */
export const collections = [
	sessions,
	entries,
	messageIds,
	cursors,
	memberships,
	connections,
	accountConnections,
	due,
	feedCursors,
] as const;
