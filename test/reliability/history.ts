import { createHash } from "node:crypto";
import type { Entry } from "../../src/protocol/envelope.js";
import type { RouterMessage } from "../../src/protocol/router/frames.js";
import { responseText, stentorResponse } from "../../src/protocol/stentor.js";

/** A client at one session. Its name tells it from others; the same user with the same role is the same participant. */
export interface Reader {
	readonly name: string;
	readonly session: string;
	readonly role: "visitor" | "agent";
	readonly user: string;
	/** What it had when it first came: it's owed the entries after this one. */
	readonly since: number;
}

interface Happened {
	/** The name of the client that it happened to. */
	readonly reader: string;
	readonly session: string;
	/** Milliseconds, by the clock of whoever records. */
	readonly at: number;
}

/** Sent again with the same id, it's recorded again. */
export interface Sent extends Happened {
	readonly type: "sent";
	/** Unique among all that's sent in the session, whoever sends it. */
	readonly messageId: string;
	readonly digest: string;
}

export interface Acknowledged extends Happened {
	readonly type: "acknowledged";
	readonly messageId: string;
	readonly seq: number;
	readonly timeMs: number;
}

export interface Refused extends Happened {
	readonly type: "refused";
	readonly messageId?: string;
	readonly code: string;
	readonly retryable: boolean;
}

/** `shown`: to its person; `repeated`: came again, and was dropped because its number is known. */
export interface Seen extends Happened {
	readonly type: "shown" | "repeated";
	readonly seq: number;
	readonly prev: number;
	readonly messageId: string;
	/** The sender's alias. */
	readonly from: string;
	readonly digest: string;
	readonly own: boolean;
}

/** The server says that the reader now has everything up to `seq`, or that it can't say so. */
export interface Resumed extends Happened {
	readonly type: "resumed";
	readonly recovered: boolean;
	readonly seq: number;
}

export type Event = Sent | Acknowledged | Refused | Seen | Resumed;
/** What a recorder is told; it adds the time. */
export type Occurrence = Event extends infer E ? (E extends Event ? Omit<E, "at"> : never) : never;

/** What was sent, acknowledged and seen, by whom and when; and what is in the logs at the end. `check` judges it. */
export class History {
	readonly readers: Reader[] = [];
	readonly events: Event[] = [];
	/** By the session's id, as clients know it. */
	readonly logs = new Map<string, readonly Entry[]>();

	constructor(private readonly clock: () => number = () => performance.now()) {}

	note(occurrence: Occurrence): void {
		this.events.push({ ...occurrence, at: this.clock() } as Event);
	}

	/** The events of one type. */
	of<T extends Event["type"]>(type: T): (Event & { readonly type: T })[] {
		return this.events.filter((event): event is Event & { readonly type: T } => event.type === type);
	}
}

/** What is compared of an entry's content: its kind, and the words where it has some. */
export function digestOf(kind: string, text = ""): string {
	return createHash("sha256").update(`${kind}\n${text}`).digest("base64url").slice(0, 22);
}

/** The digest of an entry of the log. */
export function entryDigest({ content }: Pick<Entry, "content">): string {
	if (content.type === "message") return digestOf("message", content.text);
	return digestOf(content.type, content.type === "failure" ? content.error : "");
}

/** What a client of the router dialect is sent. */
export type Frame = RouterMessage<Record<string, unknown>>;

/** As `entryDigest` is for the entry that the frame was made of. */
export function digestOfFrame({ event, data = {}, sender }: Frame): string {
	if (event === "user joined") return digestOf("joined");
	if (event === "user left") return digestOf("left");
	if (event === "failure") return digestOf("failure", String(data.error));
	const text = sender?.deviceId === "Bot" ? responseText(stentorResponse.parse(data)) : String(data.rawQuery);
	return digestOf("message", text);
}
