import type { Entry } from "../../src/protocol/envelope.js";
import { type Acknowledged, entryDigest, type History, type Reader, type Seen, type Sent } from "./history.js";

/** What can be wrong, and the invariant of the design that it breaks. */
export const VIOLATIONS = {
	lost: "1: acknowledged, but not in the log",
	wrongAck: "1: an acknowledgement tells another number or time than the log, or two of a message differ",
	phantom: "1: seen, but not in the log",
	altered: "1: in the log with other words than were sent",
	invented: "1: in the log, but nobody sent it",
	doubled: "2: in the log more than once",
	hole: "3: the log's numbers aren't 1, 2, 3 …",
	backwards: "3: the log's times don't rise",
	misread: "3: seen with another sender, id or words than in the log",
	wrongPrev: "3: `prev` isn't the number before it that this reader may see",
	disorder: "3: shown in another order than the log's",
	repeated: "3: shown more than once",
	missed: "3: a recovery was said to be whole, or the run has ended, and this was never shown",
	unrecovered: "3: the server has less than the reader had seen",
	foreign: "5: seen by somebody whose it isn't",
	wrongOwn: "3: marked as the reader's own when it isn't, or the other way round",
} as const;

export type ViolationKind = keyof typeof VIOLATIONS;

export interface Violation {
	readonly kind: ViolationKind;
	readonly session: string;
	/** Who, which entry, what was found. */
	readonly detail: string;
}

const MAY_SEE: Record<Reader["role"], readonly Entry["audience"][]> = {
	visitor: ["everyone"],
	agent: ["everyone", "staff"],
};

/**
 * Everything that's wrong in a history. The run is taken to have ended with every reader caught up; `partial`: readers
 * are owed only what they were told they have, for runs in which some are gone or cut off at the end.
 */
export function check(history: History, options: { readonly partial?: boolean } = {}): Violation[] {
	const found: Violation[] = [];
	const events = grouped(history.events, ({ session }) => session);
	const readers = grouped(history.readers, ({ session }) => session);
	for (const session of new Set([...history.logs.keys(), ...events.keys(), ...readers.keys()])) {
		const report = (kind: ViolationKind, detail: string) => void found.push({ kind, session, detail });
		const log = history.logs.get(session) ?? [];
		const happened = events.get(session) ?? [];
		const sent = happened.filter((event): event is Sent => event.type === "sent");
		checkLog(log, sent, report);
		const acknowledged = happened.filter((event): event is Acknowledged => event.type === "acknowledged");
		checkAcknowledgements(log, acknowledged, report);
		const authors = new Map(sent.map(({ messageId, reader }) => [messageId, reader]));
		const here = new Map(readers.get(session)?.map((reader) => [reader.name, reader]));
		const aliases = aliasesOf(log, authors, here);
		const byReader = grouped(happened, ({ reader }) => reader);
		for (const name of new Set([...here.keys(), ...byReader.keys()])) {
			const mine = byReader.get(name) ?? [];
			const seen = mine.filter((event): event is Seen => event.type === "shown" || event.type === "repeated");
			const reader = here.get(name);
			if (!reader) {
				for (const { seq } of seen) report("foreign", `${name}, who isn't in it, saw ${seq}`);
				continue;
			}
			checkFrames(reader, seen, log, aliases, report);
			let owed = options.partial ? 0 : log.length;
			for (const event of mine) {
				if (event.type !== "resumed") continue;
				if (event.recovered) owed = Math.max(owed, event.seq);
				else report("unrecovered", `${name} was told that the log ends at ${event.seq}`);
			}
			const own = aliases.get(participantOf(reader));
			checkWhole(
				reader,
				seen,
				log.slice(0, owed),
				(entry) => {
					const { messageId, content, from } = entry;
					return content.type === "message" ? authors.get(messageId) === name : from.id === own;
				},
				report,
			);
		}
	}
	return found;
}

type Report = (kind: ViolationKind, detail: string) => void;

function checkLog(log: readonly Entry[], sent: readonly Sent[], report: Report): void {
	const words = grouped(sent, ({ messageId }) => messageId);
	const ids = new Set<string>();
	for (const [index, entry] of log.entries()) {
		const { seq, messageId, from, content, timeMs } = entry;
		if (seq !== index + 1) report("hole", `${seq} stands where ${index + 1} should`);
		if (timeMs <= (log[index - 1]?.timeMs ?? 0)) report("backwards", `${seq} isn't after the one before it`);
		const id = `${from.id}/${messageId}`;
		if (ids.has(id)) report("doubled", `${messageId} again at ${seq}`);
		ids.add(id);
		const said = words.get(messageId);
		if (said && !said.some(({ digest }) => digest === entryDigest(entry))) report("altered", `${messageId} at ${seq}`);
		const isPersons = content.type === "message" && from.role !== "answerer";
		if (isPersons && !said) report("invented", `${messageId} at ${seq}`);
	}
}

function checkAcknowledgements(log: readonly Entry[], acks: readonly Acknowledged[], report: Report): void {
	const first = new Map<string, Entry>();
	for (const entry of log) if (!first.has(entry.messageId)) first.set(entry.messageId, entry);
	const lost = new Set<string>();
	for (const { messageId, seq, timeMs } of acks) {
		const stored = first.get(messageId);
		if (!stored) lost.add(`${messageId}, acknowledged as ${seq}`);
		else if (stored.seq !== seq || stored.timeMs !== timeMs) {
			report("wrongAck", `${messageId}: ${seq} at ${timeMs}; in the log ${stored.seq} at ${stored.timeMs}`);
		}
	}
	for (const detail of lost) report("lost", detail);
}

function checkFrames(
	reader: Reader,
	seen: readonly Seen[],
	log: readonly Entry[],
	aliases: ReadonlyMap<string, string>,
	report: Report,
): void {
	const { name, role } = reader;
	const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
	const before = prevs(log, role);
	const alias = aliases.get(participantOf(reader));
	const shown = new Set<number>();
	let newest = 0;
	for (const { type, seq, prev, messageId, from, digest, own } of seen) {
		const entry = bySeq.get(seq);
		if (!entry) report("phantom", `${name} saw ${seq} (${messageId})`);
		else if (!MAY_SEE[role].includes(entry.audience)) report("foreign", `${name} saw ${seq}, for ${entry.audience}`);
		else {
			const isSame = entry.messageId === messageId && entry.from.id === from && entryDigest(entry) === digest;
			if (!isSame) report("misread", `${name} saw ${seq} as ${messageId} of ${from}`);
			if (prev !== before.get(seq)) report("wrongPrev", `${name} saw ${seq} after ${prev}, not ${before.get(seq)}`);
			// An agent who came and went without a word has no alias that's known here.
			const isOwn = alias === undefined && role === "agent" ? own : entry.from.id === alias;
			if (own !== isOwn) report("wrongOwn", `${name} saw ${seq} as ${own ? "its own" : "another's"}`);
		}
		if (type === "repeated") continue;
		if (shown.has(seq)) report("repeated", `${name} was shown ${seq} again`);
		else if (seq < newest) report("disorder", `${name} was shown ${seq} after ${newest}`);
		shown.add(seq);
		newest = Math.max(newest, seq);
	}
}

/** The number before each entry that a reader of this role may see. */
function prevs(log: readonly Entry[], role: Reader["role"]): Map<number, number> {
	const before = new Map<number, number>();
	let visible = 0;
	for (const { seq, audience } of log) {
		before.set(seq, visible);
		if (MAY_SEE[role].includes(audience)) visible = seq;
	}
	return before;
}

function participantOf({ role, user }: Reader): string {
	return `${role} ${user}`;
}

/** As whom the log knows each participant, by what they sent. */
function aliasesOf(
	log: readonly Entry[],
	authors: ReadonlyMap<string, string>,
	readers: ReadonlyMap<string, Reader>,
): Map<string, string> {
	const aliases = new Map<string, string>();
	for (const { messageId, from } of log) {
		const reader = readers.get(authors.get(messageId) ?? "");
		if (reader && !aliases.has(participantOf(reader))) aliases.set(participantOf(reader), from.id);
	}
	return aliases;
}

function grouped<T>(list: readonly T[], key: (each: T) => string): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const each of list) {
		const group = groups.get(key(each));
		if (group) group.push(each);
		else groups.set(key(each), [each]);
	}
	return groups;
}

/** What a client did itself it has already; a launch and a hand-off have no form that it could be sent. */
function checkWhole(
	{ name, role, since }: Reader,
	seen: readonly Seen[],
	owed: readonly Entry[],
	isBy: (entry: Entry) => boolean,
	report: Report,
): void {
	const shown = new Set(seen.filter(({ type }) => type === "shown").map(({ seq }) => seq));
	for (const entry of owed) {
		const { seq, messageId, audience, content } = entry;
		if (seq <= since || shown.has(seq) || !MAY_SEE[role].includes(audience)) continue;
		if (content.type === "launch" || content.type === "handOff" || isBy(entry)) continue;
		report("missed", `${name} was never shown ${seq} (${messageId})`);
	}
}
