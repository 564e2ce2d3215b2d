import type { Audience, Entry, Sender } from "../../src/protocol/envelope.js";
import { entryDigest, History, type Reader } from "./history.js";

export const SESSION = "session-1";

/** Something that happens in a conversation; `reader` is a place in `history.readers`. */
export type Step =
	| { readonly type: "say"; readonly reader: number; readonly ackIsLost: boolean }
	| { readonly type: "note" }
	| { readonly type: "answer" }
	| { readonly type: "drop"; readonly reader: number }
	| { readonly type: "resume"; readonly reader: number; readonly again: boolean };

const READERS: readonly Omit<Reader, "session" | "since">[] = [
	{ name: "phone", role: "visitor", user: "vera" },
	{ name: "laptop", role: "visitor", user: "vera" },
	{ name: "desk", role: "agent", user: "ada" },
];
const BOT: Sender = { id: "bot", role: "answerer" };

/** A conversation as it must go: a visitor with two tabs, an agent and a bot; connections drop, and clients catch up. */
export class GoodHistory extends History {
	readonly log: Entry[] = [];
	private readonly has = new Map<string, Set<number>>();
	private readonly away = new Set<string>();

	constructor(steps: readonly Step[] = []) {
		let time = 0;
		super(() => ++time);
		this.readers.push(...READERS.map((reader) => ({ ...reader, session: SESSION, since: 0 })));
		this.logs.set(SESSION, this.log);
		for (const { name } of this.readers) this.has.set(name, new Set());
		for (const step of steps) this.take(step);
		for (const reader of this.readers) this.resume(reader);
	}

	/** As whom the log knows a reader. */
	aliasOf({ role, user }: Reader): Sender {
		return { id: `${role}-${user}`, role };
	}

	/** Puts an entry into the log and shows it to everybody who may see it, but its author. */
	append(from: Sender, text: string, given: { messageId?: string; audience?: Audience; author?: string } = {}): Entry {
		const { messageId = `m${this.log.length}`, audience = "everyone", author } = given;
		const seq = this.log.length + 1;
		const prev = { everyone: this.prevOf("visitor", seq), staff: this.prevOf("agent", seq) };
		const content = { type: "message", text } as const;
		const entry: Entry = { session: SESSION, seq, prev, messageId, timeMs: 1000 + seq, from, audience, content };
		this.log.push(entry);
		if (author !== undefined) this.has.get(author)?.add(seq);
		for (const reader of this.readers) if (!this.away.has(reader.name)) this.show(reader, entry);
		return entry;
	}

	/** Shows an entry to a reader who hasn't got it and may see it. */
	show(reader: Reader, entry: Entry, type: "shown" | "repeated" = "shown"): void {
		const has = this.has.get(reader.name);
		if ((type === "shown" && has?.has(entry.seq)) || !sees(reader.role, entry)) return;
		has?.add(entry.seq);
		const { seq, messageId } = entry;
		const prev = this.prevOf(reader.role, seq);
		const own = entry.from.id === this.aliasOf(reader).id;
		const seen = { reader: reader.name, session: SESSION, seq, prev, messageId, own, digest: entryDigest(entry) };
		this.note({ type, ...seen, from: entry.from.id });
	}

	say(reader: Reader, ackIsLost = false): Entry {
		const { name } = reader;
		const messageId = `${name}-${this.log.length}`;
		const text = `Said as ${messageId}`;
		const from = this.aliasOf(reader);
		const digest = entryDigest({ content: { type: "message", text } });
		const sent = { type: "sent", reader: name, session: SESSION, messageId, digest } as const;
		this.note(sent);
		if (ackIsLost) {
			this.away.add(name);
			const entry = this.append(from, text, { messageId });
			this.resume(reader);
			this.note(sent);
			return this.acknowledge(name, entry);
		}
		return this.acknowledge(name, this.append(from, text, { messageId, author: name }));
	}

	private acknowledge(reader: string, entry: Entry): Entry {
		const { messageId, seq, timeMs } = entry;
		this.note({ type: "acknowledged", reader, session: SESSION, messageId, seq, timeMs });
		return entry;
	}

	private take(step: Step): void {
		if (step.type === "answer") this.append(BOT, "An answer");
		else if (step.type === "note") this.append(BOT, "For staff only", { audience: "staff" });
		else {
			const reader = this.readers[step.reader];
			if (!reader) throw new Error(`There's no reader ${step.reader}.`);
			if (step.type === "drop") this.away.add(reader.name);
			else this.resume(reader, step.type === "resume" && step.again);
			if (step.type === "say") this.say(reader, step.ackIsLost);
		}
	}

	private resume(reader: Reader, again = false): void {
		this.away.delete(reader.name);
		const last = this.log.at(-1);
		const isKnown = last && this.has.get(reader.name)?.has(last.seq);
		for (const entry of this.log) this.show(reader, entry);
		if (again && last && isKnown) this.show(reader, last, "repeated");
		const seq = this.log.length;
		this.note({ type: "resumed", reader: reader.name, session: SESSION, recovered: true, seq });
	}

	private prevOf(role: Reader["role"], seq: number): number {
		return this.log.findLast((entry) => entry.seq < seq && sees(role, entry))?.seq ?? 0;
	}
}

function sees(role: Reader["role"], { audience }: Entry): boolean {
	return audience === "everyone" || (audience === "staff" && role === "agent");
}
