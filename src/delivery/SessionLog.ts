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
const HEADS_KEPT = 10_000;

export interface Committed<T> {
	readonly appended: readonly Entry[];
	readonly result: T;
}

/** This message id is in the log already, with this content: what was said then stands. */
export class AlreadyAppended extends Error {
	constructor(readonly record: MessageIdRecord) {
		super("This message is in the log already.");
	}
}

/** How a session is to change: mutates the draft, or throws before it does. Called again when a race was lost. */
export type Rule<T> = (draft: SessionDraft) => T;

interface Attempt<T> {
	readonly draft: SessionDraft;
	readonly result: T;
}

/**
 * Changes sessions, one change of a session after the other: reads the head, lets a rule change it, and commits head
 * and entries in one transaction that demands the head as it was read. So the order of commits is the order of the log.
 */
export class SessionLog {
	private readonly lanes = new Lanes();
	private readonly heads = new Map<string, Head>();
	/** Called when entries have been committed here. */
	onAppended: () => void = () => {};

	/** `soleOwner`: nobody else writes to this storage, so this process's copy of a head is the newest. */
	constructor(
		private readonly storage: Storage,
		private readonly clock: () => number,
		private readonly soleOwner: boolean,
	) {}

	/**
	 * Applies `rule` to a session. `create` makes the head where there's none; without it that's `session_unknown`.
	 * `afterwards` is called once the change is committed, before any later change of this session in this process;
	 * the head it's given is good during that call only.
	 * Throws what the rule throws, `AlreadyAppended`, or a `RouterError`: `message_conflict`, `storage_unavailable`.
	 */
	change<T>(
		key: string,
		rule: Rule<T>,
		options: { create?: () => Head; afterwards?: (head: Head, committed: Committed<T>) => void } = {},
	): Promise<Committed<T>> {
		return this.lanes.run(key, async () => {
			const { head, draft, result } = await this.commit(key, rule, options.create);
			const committed = { appended: draft.appended, result };
			options.afterwards?.(head, committed);
			if (committed.appended.length > 0) this.onAppended();
			return committed;
		});
	}

	/** A copy of the head, after the changes under way in this process; undefined if there's no such session. */
	peek(key: string): Promise<Head | undefined> {
		return this.lanes.run(key, async () => structuredClone(await this.head(key)));
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

	private async head(key: string): Promise<Head | undefined> {
		return this.heads.get(key) ?? (await this.storage.get(sessions, [key]));
	}

	private async commit<T>(key: string, rule: Rule<T>, create?: () => Head): Promise<Attempt<T> & { head: Head }> {
		/** Attempts whose outcome we never learned: each may still turn out to be in the log. */
		const doubtful: Attempt<T>[] = [];
		for (let tries = 1; ; tries++) {
			const head = (await this.head(key)) ?? create?.();
			if (!head) throw new RouterError("session_unknown");
			// The rule changes the head in place; a change that isn't committed must not be found here again.
			this.heads.delete(key);
			const done = await this.committedOne(doubtful);
			if (done) return this.committed(head, done);
			const draft = new SessionDraft(head, this.clock());
			const attempt = { draft, result: rule(draft) };
			// Nothing is left to change: an attempt whose outcome we never learned has done it.
			if (!draft.touched) return this.committed(head, doubtful.at(-1) ?? attempt);
			try {
				await this.storage.transact(draft.writes());
				return this.committed(head, attempt);
			} catch (error) {
				if (error instanceof ConditionFailed) refuseRepeated(error, draft, doubtful);
				else if (asRouterError(error).code === "storage_unavailable") doubtful.push(attempt);
				else throw error;
				if (tries === TRIES) throw new RouterError("storage_unavailable", undefined, { cause: error });
				await sleep(Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries));
			}
		}
	}

	private committed<T>(head: Head, attempt: Attempt<T>): Attempt<T> & { head: Head } {
		if (this.soleOwner) {
			this.heads.set(head.session, head);
			const [oldest] = this.heads.keys();
			if (oldest !== undefined && this.heads.size > HEADS_KEPT) this.heads.delete(oldest);
		}
		return { ...attempt, head };
	}

	/** Which of these is in the log after all. One that appended nothing is simply made again. */
	private async committedOne<T>(attempts: readonly Attempt<T>[]): Promise<Attempt<T> | undefined> {
		for (const attempt of attempts) {
			const [entry] = attempt.draft.appended;
			if (!entry) continue;
			const stored = await this.storage.get(entries, [entry.session, entry.seq]);
			if (stored?.messageId === entry.messageId && stored.timeMs === entry.timeMs) return attempt;
		}
		return undefined;
	}
}

/** Throws if the message id was used before; not if it may have been by an earlier attempt of the same change. */
function refuseRepeated<T>(error: ConditionFailed, draft: SessionDraft, doubtful: readonly Attempt<T>[]): void {
	const unique = draft.uniqueWrite;
	if (!unique || !error.failed.has(unique.index)) return;
	const there = error.failed.get(unique.index) as MessageIdRecord | undefined;
	if (!there || doubtful.some((attempt) => attempt.draft.uniqueWrite?.record.seq === there.seq)) return;
	if (there.digest !== unique.record.digest) throw new RouterError("message_conflict");
	throw new AlreadyAppended(there);
}
