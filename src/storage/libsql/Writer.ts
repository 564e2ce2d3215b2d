import { RouterError } from "../../protocol/errors.js";
import type { PreparedWrite } from "../evaluate.js";
import type { AnyCollection } from "../Storage.js";
import { type Connection, isDatabaseFailure } from "./Connection.js";
import { carryOut } from "./carryOut.js";
import { TableWriter } from "./TableWriter.js";
import { TextIndexWriter, type WrittenText } from "./TextIndexWriter.js";

/** What is to be done, all or nothing; plain data, so that it can go to another thread. Times are in ms. */
export type Job =
	| { readonly writes: readonly PreparedWrite[]; readonly now: number }
	| { readonly purge: number; readonly now: number }
	| { readonly index: string; readonly add: readonly WrittenText[] }
	| { readonly index: string; readonly remove: string }
	| { readonly index: string; readonly merge: number };

export interface Done {
	/** The records that were updated, as JSON texts, in the order of the writes. */
	readonly updated?: readonly string[];
	/** The numbers of rows that were inserted where there were none, into collections with a feed, in the order of the writes. */
	readonly inserted?: readonly number[];
	/** How many records were purged. */
	readonly purged?: number;
	/** Whether a text index may have more to be merged. */
	readonly hasMore?: boolean;
}

export type Outcome = { readonly done: Done } | { readonly failed: RouterError };

export interface WriterOptions {
	readonly collections: readonly AnyCollection[];
	/** Names of text indexes. */
	readonly textIndexes: readonly string[];
}

/** What most jobs come to: they're done. */
export const NOTHING: Done = {};

/** Does what is to be written, over a connection of its own or one that also reads. */
export class Writer {
	private readonly tables: ReadonlyMap<string, TableWriter>;
	private readonly indexes: ReadonlyMap<string, TextIndexWriter>;

	constructor(
		private readonly connection: Connection,
		{ collections, textIndexes }: WriterOptions,
	) {
		this.tables = new Map(collections.map((each) => [each.name, new TableWriter(connection, each)]));
		this.indexes = new Map(textIndexes.map((name) => [name, new TextIndexWriter(connection, name)]));
	}

	/**
	 * Does jobs one after the other in one transaction of the database, synced to disk when it returns; each fails by
	 * itself. Throws when the database itself fails: then nothing of them is done.
	 */
	commit(jobs: readonly Job[]): Outcome[] {
		const { connection } = this;
		connection.exec("BEGIN IMMEDIATE");
		try {
			const outcomes = jobs.map((job) => this.outcome(job));
			connection.exec("COMMIT");
			return outcomes;
		} catch (error) {
			this.rollBack();
			throw error;
		}
	}

	/** Leaves everything in the database's own file: the log beside it is empty, unless somebody reads the file. */
	close(): void {
		try {
			this.connection.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
		} catch (error) {
			// The log stays beside it, and the next opening reads it.
			if (!(error instanceof RouterError)) throw error;
		}
		this.connection.close();
	}

	/** SQLite may have done so itself, as after a full disk. */
	private rollBack(): void {
		if (this.connection.inTransaction) this.connection.exec("ROLLBACK");
	}

	private outcome(job: Job): Outcome {
		try {
			return { done: this.do(job) };
		} catch (error) {
			if (isDatabaseFailure(error)) throw error;
			return { failed: error as RouterError };
		}
	}

	private do(job: Job): Done {
		if ("writes" in job) {
			const done = carryOut(job.writes, (collection) => this.table(collection.name), job.now);
			return done.updated || done.inserted ? done : NOTHING;
		}
		if ("purge" in job) return { purged: this.purge(job.purge, job.now) };
		const index = this.indexes.get(job.index);
		if ("merge" in job) return { hasMore: index?.merge(job.merge) };
		if ("add" in job) index?.add(job.add);
		else index?.remove(job.remove);
		return NOTHING;
	}

	private purge(limit: number, now: number): number {
		let removed = 0;
		for (const table of this.tables.values()) {
			if (removed < limit) removed += table.purge(now, limit - removed);
		}
		return removed;
	}

	private table(name: string): TableWriter {
		const table = this.tables.get(name);
		if (!table) throw new RouterError("internal", `The storage was opened without the collection "${name}".`);
		return table;
	}
}
