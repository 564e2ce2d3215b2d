import { setTimeout as sleep } from "node:timers/promises";
import type { Entry } from "../protocol/envelope.js";
import { asRouterError, ConditionFailed, RouterError } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import { Lanes } from "./Lanes.js";
import { entries, type Head, type MessageIdRecord, sessions } from "./records.js";
import { SessionDraft } from "./SessionDraft.js";

/** How often a lost race, or a storage that doesn't answer, is tried again. */
const TRIES = 12;
const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1_000;
/** How long a storage that doesn't do it is tried, in milliseconds: API Gateway waits 29 s, in which whoever asks is told. */
const AWAY_MS = 10_000;
const HEADS_KEPT = 10_000;
/** How many changes of a session are committed together, where the storage takes as many writes at once. */
const GROUP = 16;
/** What a transaction writes for the session: the head, and a due record in place of another. */
const SESSION_WRITES = 3;
/** What it writes for each change: entry and message id, and with an agent's first words, that they joined. */
const CHANGE_WRITES = 3;

/** An entry that was just committed, and where it came from. */
export interface Appended {
	readonly entry: Entry;
	/** The connection that it came over. */
	readonly origin?: string;
	readonly trace: string;
}

export interface Committed<T> {
	readonly appended: readonly Entry[];
	readonly result: T;
}

/** This message id is in the log already, with this content: what was said then stands, as entry `seq`. */
export class AlreadyAppended extends Error {
	constructor(readonly seq: number) {
		super("This message is in the log already.");
	}
}

/** How a session is to change: mutates the draft, or throws before it does. Called again when a race was lost. */
export type Rule<T> = (draft: SessionDraft) => T;

export interface ChangeOptions<T> {
	/** Makes the head where there's none; without it that's `session_unknown`. */
	readonly create?: () => Head;
	/** For what it appends: the connection that it came over, and what follows it through the logs. */
	readonly origin?: string;
	readonly trace?: string;
	/**
	 * Called once the change is committed, before any later change in this process that isn't of its group; the head it's
	 * given is good during that call only.
	 */
	readonly afterwards?: (head: Head, committed: Committed<T>) => void;
	/**
	 * It changes nobody's place in the session, so it may be committed together with the others that say so and wait with
	 * it. Those of one group have different message ids.
	 */
	readonly grouped?: { readonly messageId?: string };
}

/** A change that waits to be made. */
class Waiting<T = unknown> {
	readonly since = performance.now();

	constructor(
		private readonly rule: Rule<T>,
		readonly options: ChangeOptions<T>,
		private readonly resolve: (committed: Committed<T>) => void,
		readonly reject: (error: unknown) => void,
	) {}

	/** Throws what the rule throws. */
	make(draft: SessionDraft): Committed<T> {
		const from = draft.appended.length;
		const result = this.rule(draft);
		return { appended: draft.appended.slice(from), result };
	}

	settle(head: Head, committed: Committed<T>): void {
		try {
			this.options.afterwards?.(head, committed);
			this.resolve(committed);
		} catch (error) {
			this.reject(error);
		}
	}
}

interface Group {
	readonly changes: Waiting[];
	readonly messageIds: Set<string>;
}

interface Made {
	readonly change: Waiting;
	readonly committed: Committed<unknown>;
	readonly unique: MessageIdRecord | undefined;
}

interface Attempt {
	readonly draft: SessionDraft;
	readonly made: readonly Made[];
}

/**
 * Changes sessions, one change of a session after the other: reads the head, lets a rule change it, and commits head
 * and entries in one transaction that demands the head as it was read. So the order of commits is the order of the log.
 */
export class SessionLog {
	private readonly lanes = new Lanes();
	private readonly heads = new Map<string, Head>();
	private readonly groupSize: number;
	/** Groups that still take changes: they wait for their lane. */
	private readonly gathering = new Map<string, Group>();
	/**
	 * Called when entries have been committed here: what it gives is called with those of one change after the other, each
	 * before the change's `afterwards`.
	 */
	onAppended: (head: Head) => (appended: readonly Appended[]) => void = () => () => {};

	/** `soleOwner`: nobody else writes to this storage, so this process's copy of a head is the newest. */
	constructor(
		private readonly storage: Storage,
		private readonly clock: () => number,
		private readonly soleOwner: boolean,
	) {
		this.groupSize = Math.min(GROUP, Math.floor((storage.maxWrites - SESSION_WRITES) / CHANGE_WRITES));
	}

	/**
	 * Applies `rule` to a session, after the changes that were called before.
	 * Throws what the rule throws, `AlreadyAppended`, or a `RouterError`: `session_unknown`, `message_conflict`,
	 * `storage_unavailable`.
	 */
	change<T>(key: string, rule: Rule<T>, options: ChangeOptions<T> = {}): Promise<Committed<T>> {
		return new Promise((resolve, reject) => {
			this.enqueue(key, new Waiting(rule, options, resolve, reject) as Waiting);
		});
	}

	/** A copy of the head, after the changes under way in this process; undefined if there's no such session. */
	peek(key: string): Promise<Head | undefined> {
		// What the storage gives is nobody else's. JSON copies a head in a third of structuredClone's time.
		return this.lanes.run(key, async () => {
			const kept = this.heads.get(key);
			return kept ? (JSON.parse(JSON.stringify(kept)) as Head) : this.storage.get(sessions, [key]);
		});
	}

	/** The entries after `after` up to and including `to`, oldest first, page by page. */
	async *entries(key: string, after: number, to: number): AsyncGenerator<Entry[]> {
		let cursor: string | undefined;
		if (to <= after) return;
		do {
			const range = { between: [after + 1, to] as const };
			const page = await this.storage.query(entries, { hash: key, range, limit: 200, cursor });
			if (page.records.length > 0) yield page.records;
			cursor = page.cursor;
		} while (cursor);
	}

	/** The newest `count` (up to 1,000) entries up to and including `to`, oldest first. */
	async newest(key: string, to: number, count: number): Promise<Entry[]> {
		const page = await this.storage.query(entries, { hash: key, range: { to }, order: "desc", limit: count });
		return page.records.reverse();
	}

	get isIdle(): boolean {
		return this.lanes.isIdle;
	}

	/** Resolves when the changes under way are done. */
	idle(): Promise<void> {
		return this.lanes.idle();
	}

	private enqueue(key: string, change: Waiting): void {
		const { grouped } = change.options;
		const messageId = grouped?.messageId;
		const open = grouped && this.gathering.get(key);
		if (open && open.changes.length < this.groupSize && (messageId === undefined || !open.messageIds.has(messageId))) {
			open.changes.push(change);
			if (messageId !== undefined) open.messageIds.add(messageId);
			return;
		}
		const group = { changes: [change], messageIds: new Set(messageId === undefined ? [] : [messageId]) };
		if (grouped) this.gathering.set(key, group);
		else this.gathering.delete(key);
		this.lanes.run(key, async () => {
			if (this.gathering.get(key) === group) this.gathering.delete(key);
			await this.commit(key, group.changes);
		});
	}

	private async head(key: string): Promise<Head | undefined> {
		return this.heads.get(key) ?? (await this.storage.get(sessions, [key]));
	}

	/** Commits changes in their order; settles each. */
	private async commit(key: string, changes: readonly Waiting[]): Promise<void> {
		let left = changes;
		/** Attempts whose outcome we never learned: each may still turn out to be in the log. */
		const doubtful: Attempt[] = [];
		const [oldest] = changes;
		const begun = oldest?.since ?? performance.now();
		try {
			for (let tries = 1; left.length > 0; tries++) {
				let attempt: Attempt | undefined;
				try {
					const head = (await this.head(key)) ?? left[0]?.options.create?.();
					if (!head) throw new RouterError("session_unknown");
					// The rules change the head in place; a change that isn't committed must not be found here again.
					this.heads.delete(key);
					const done = await this.committedOne(doubtful);
					// Those who were there then are pushed it: for who has come since, it's part of what they began with.
					if (done) return this.settle(head, done, done.draft.head);
					const next = attemptOf(new SessionDraft(head, this.clock()), left);
					// Nothing is left to change: an attempt whose outcome we never learned has done it. Not one with entries: they
					// would be in the log.
					const silent = doubtful.findLast(({ draft }) => draft.appended.length === 0);
					if (!next.draft.touched) return this.settle(head, silent ?? next);
					left = next.made.map(({ change }) => change);
					attempt = next;
					await this.storage.transact(next.draft.writes());
					return this.settle(head, next);
				} catch (error) {
					if (error instanceof ConditionFailed && attempt) left = withoutRepeated(error, attempt, doubtful);
					else if (asRouterError(error).code !== "storage_unavailable") throw error;
					else if (attempt) doubtful.push(attempt);
					const isAway = !(error instanceof ConditionFailed) && performance.now() - begun > AWAY_MS;
					if (tries === TRIES || isAway) throw new RouterError("storage_unavailable", undefined, { cause: error });
					if (left.length > 0) await sleep(Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries));
				}
			}
		} catch (error) {
			for (const { reject } of left) reject(error);
		}
	}

	/** `then`: the head as the attempt left it, if that isn't the newest. */
	private settle(head: Head, { made }: Attempt, then = head): void {
		if (this.soleOwner) {
			this.heads.set(head.session, head);
			const [oldest] = this.heads.keys();
			if (oldest !== undefined && this.heads.size > HEADS_KEPT) this.heads.delete(oldest);
		}
		// One after the other, so that what each tells in turn, such as an acknowledgement, keeps its place.
		let tell: ReturnType<SessionLog["onAppended"]> | undefined;
		for (const { change, committed } of made) {
			const { origin, trace = "" } = change.options;
			if (committed.appended.length > 0) {
				tell ??= this.onAppended(then);
				tell(committed.appended.map((entry) => ({ entry, origin, trace })));
			}
			change.settle(then, committed);
		}
	}

	/** Which of these is in the log after all. One that appended nothing is simply made again. */
	private async committedOne(attempts: readonly Attempt[]): Promise<Attempt | undefined> {
		for (const attempt of attempts) {
			const [entry] = attempt.draft.appended;
			if (!entry) continue;
			const stored = await this.storage.get(entries, [entry.session, entry.seq]);
			if (stored?.messageId === entry.messageId && stored.timeMs === entry.timeMs) return attempt;
		}
		return undefined;
	}
}

/** Makes the changes in a draft; those whose rule throws are rejected. */
function attemptOf(draft: SessionDraft, changes: readonly Waiting[]): Attempt {
	const made: Made[] = [];
	for (const change of changes) {
		const before = draft.uniques.length;
		try {
			const committed = change.make(draft);
			made.push({ change, committed, unique: draft.uniques[before] });
		} catch (error) {
			change.reject(error);
		}
	}
	return { draft, made };
}

/**
 * The changes of an attempt that are to be made again: not those whose message id was used before, which are rejected;
 * unless it may have been used by an earlier attempt of theirs.
 */
function withoutRepeated(error: ConditionFailed, attempt: Attempt, doubtful: readonly Attempt[]): Waiting[] {
	const ours = new Set(doubtful.flatMap(({ draft }) => draft.uniques.map(({ message, seq }) => `${seq} ${message}`)));
	const again: Waiting[] = [];
	for (const { change, unique } of attempt.made) {
		const there = unique && (error.failed.get(attempt.draft.indexOf(unique)) as MessageIdRecord | undefined);
		if (!there || ours.has(`${there.seq} ${there.message}`)) again.push(change);
		else if (there.digest !== unique.digest) change.reject(new RouterError("message_conflict"));
		else change.reject(new AlreadyAppended(there.seq));
	}
	return again;
}
