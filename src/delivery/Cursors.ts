import type { Monitor } from "../monitoring/Monitor.js";
import { ConditionFailed } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import { type CursorRecord, cursors } from "./records.js";

/** How long moves of cursors are gathered before they're written, in milliseconds. */
const GATHER_MS = 25;

type Field = "pushed" | "delivered" | "read";
/** How far somebody says to be. */
export type Receipt = Partial<Record<"delivered" | "read", number>>;

/**
 * How far each reader of a session is. Cursors only move forward; their moves are gathered and written behind, so that
 * they never delay a message.
 */
export class Cursors {
	/** By session, then reader: what has been learned and may not be written yet. */
	private readonly known = new Map<string, Map<string, Partial<Record<Field, number>>>>();
	private readonly unwritten = new Map<string, { key: string; reader: string; field: Field }>();
	private timer: NodeJS.Timeout | undefined;
	private writing: Promise<void> = Promise.resolve();

	constructor(
		private readonly storage: Storage,
		private readonly monitor: Monitor,
		private readonly soleOwner: boolean,
	) {}

	/** Moves a cursor forward; `write` false keeps it in this process only. Answers whether it moved. */
	move(key: string, reader: string, field: Field, seq: number, write = true): boolean {
		const readers = this.known.get(key) ?? new Map<string, Partial<Record<Field, number>>>();
		this.known.set(key, readers);
		const at = readers.get(reader) ?? {};
		readers.set(reader, at);
		if ((at[field] ?? -1) >= seq) return false;
		at[field] = seq;
		if (write) {
			this.unwritten.set(`${key} ${reader} ${field}`, { key, reader, field });
			this.timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
		}
		return true;
	}

	/**
	 * Moves a reader's cursors forward; answers those that moved: each move once, whichever processes are told of it. Where
	 * there are others, it's written first. Throws `storage_unavailable`.
	 */
	async advance(key: string, reader: string, { delivered, read }: Receipt): Promise<Receipt> {
		if (this.soleOwner) await this.learn(key, reader);
		const moved: Receipt = {};
		const each = async (field: "delivered" | "read", seq: number | undefined) => {
			if (seq === undefined || (this.inMemory(key, reader)[field] ?? -1) >= seq) return;
			const isNews = this.soleOwner || (await this.written(key, reader, field, seq));
			if (this.move(key, reader, field, seq, this.soleOwner) && isNews) moved[field] = seq;
		};
		await Promise.all([each("delivered", delivered), each("read", read)]);
		return moved;
	}

	/** Writes it, unless it's as far already: answers whether it moved. */
	private async written(key: string, reader: string, field: Field, seq: number): Promise<boolean> {
		try {
			await this.storage.update(cursors, [key, reader], { set: [[field, seq]] }, [{ path: field, below: seq }]);
			return true;
		} catch (error) {
			if (error instanceof ConditionFailed) return false;
			throw error;
		}
	}

	/** Learns how far a reader is, where this process doesn't know: what was told before it started isn't news. */
	private async learn(key: string, reader: string): Promise<void> {
		if (this.known.get(key)?.has(reader)) return;
		const { delivered, read } = (await this.storage.get(cursors, [key, reader])) ?? {};
		if (delivered !== undefined) this.move(key, reader, "delivered", delivered, false);
		if (read !== undefined) this.move(key, reader, "read", read, false);
	}

	/** What this process has learned of a reader. */
	inMemory(key: string, reader: string): Partial<Record<Field, number>> {
		return this.known.get(key)?.get(reader) ?? {};
	}

	/** Every cursor of a session whose reader begins with `prefix`. */
	async of(key: string, prefix = ""): Promise<Map<string, Omit<CursorRecord, "session" | "reader">>> {
		const found = new Map<string, Omit<CursorRecord, "session" | "reader">>();
		let cursor: string | undefined;
		do {
			const range = prefix ? { prefix } : undefined;
			const page = await this.storage.query(cursors, { hash: key, range, cursor });
			for (const { session: _, reader, ...at } of page.records) found.set(reader, at);
			cursor = page.cursor;
		} while (cursor);
		for (const [reader, at] of this.known.get(key) ?? []) {
			if (reader.startsWith(prefix)) found.set(reader, furthest(found.get(reader), at));
		}
		return found;
	}

	/** Drops what is held of a reader in memory, written or not. */
	forget(key: string, reader: string): void {
		const readers = this.known.get(key);
		readers?.delete(reader);
		if (readers?.size === 0) this.known.delete(key);
	}

	/** Deletes every cursor of a session whose reader begins with `prefix`. */
	async erase(key: string, prefix: string): Promise<void> {
		for (const reader of (await this.of(key, prefix)).keys()) {
			this.forget(key, reader);
			await this.storage.delete(cursors, [key, reader]);
		}
	}

	/** Writes what has been gathered. */
	flush(): Promise<void> {
		clearTimeout(this.timer);
		this.timer = undefined;
		const moves = [...this.unwritten.values()];
		this.unwritten.clear();
		if (moves.length > 0) {
			this.writing = Promise.all([this.writing, ...moves.map((move) => this.write(move))]).then(() => undefined);
		}
		return this.writing;
	}

	private async write({ key, reader, field }: { key: string; reader: string; field: Field }): Promise<void> {
		const seq = this.inMemory(key, reader)[field];
		if (seq === undefined) return;
		try {
			// Another process may be further: cursors only move forward.
			await this.written(key, reader, field, seq);
		} catch (error) {
			this.monitor.error("cursor not written", error, { field });
		}
	}
}

/** What's stored and what this process has learned may each be further. */
function furthest(
	stored: Partial<Record<Field, number>> = {},
	known: Partial<Record<Field, number>>,
): Partial<Record<Field, number>> {
	const at = { ...stored };
	for (const [field, seq] of Object.entries(known) as [Field, number][]) at[field] = Math.max(at[field] ?? 0, seq);
	return at;
}
