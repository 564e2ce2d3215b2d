import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RouterError } from "../../protocol/errors.js";
import type { PreparedWrite } from "../evaluate.js";
import { undeclared } from "../key.js";
import type { AnyCollection, Key, Query } from "../Storage.js";
import type { TextIndex } from "../TextIndex.js";
import { type Insertions, type TextPage, TextStorage } from "../TextStorage.js";
import { backupDatabase, writeBackup } from "./backup.js";
import { Connection, configure } from "./Connection.js";
import { isFoundByHash, isNumbered } from "./columns.js";
import { emptyLog } from "./emptyLog.js";
import { FeedTail } from "./FeedTail.js";
import { lockFile } from "./fileLock.js";
import { GroupCommit } from "./GroupCommit.js";
import { LibsqlTable } from "./LibsqlTable.js";
import { LibsqlTextIndex } from "./LibsqlTextIndex.js";
import { ReadCache } from "./ReadCache.js";
import { checkDatabase, prepareDatabase } from "./schema.js";
import { prepareTextIndex } from "./textTables.js";
import { type Done, Writer } from "./Writer.js";
import { type Committing, WriterThread } from "./WriterThread.js";

export interface LibsqlStorageOptions {
	/** The database file, made if it's not there; its folder must be. `":memory:"`: kept in this process only. */
	readonly path: string;
	readonly collections: readonly AnyCollection[];
	/** Names of the text indexes that it has, see `textIndex`: letters only. Default: none. */
	readonly textIndexes?: readonly string[];
	/** The time in ms. Default: `Date.now`. */
	readonly clock?: () => number;
}

interface Parts {
	/** Reads what has been committed. */
	readonly reading: Connection;
	readonly writing: Committing;
	readonly collections: readonly AnyCollection[];
	readonly clock: () => number;
	/** Gives the file free for another owner. */
	unlock(): void;
}

const MEMORY = ":memory:";

/**
 * Keeps records in one SQLite file, which one process owns. A write's promise resolves when it's synced to disk; what
 * is written in the same turn of the event loop shares one sync.
 */
export class LibsqlStorage extends TextStorage {
	private readonly tables: ReadonlyMap<string, LibsqlTable>;
	/** Of the collections with a feed whose records don't end. */
	private readonly tails: ReadonlyMap<string, FeedTail>;
	private readonly caches: ReadonlyMap<string, ReadCache>;
	private readonly commits: GroupCommit;
	private isClosed = false;

	/**
	 * Throws `database_locked`, `database_newer`, `database_damaged`, or `storage_unavailable` where the file can't be
	 * made or read. A file that's refused is left as it is.
	 */
	static async open({
		path,
		collections,
		textIndexes = [],
		clock = Date.now,
	}: LibsqlStorageOptions): Promise<LibsqlStorage> {
		const options = { collections, textIndexes };
		if (path === MEMORY) {
			const reading = openDatabase(path, collections, textIndexes);
			return new LibsqlStorage({
				reading,
				writing: inline(new Writer(reading, options)),
				collections,
				clock,
				unlock() {},
			});
		}
		const file = locate(path);
		const unlock = lockFile(file);
		try {
			const reading = openDatabase(file, collections, textIndexes);
			return new LibsqlStorage({ reading, writing: new WriterThread(file, options), collections, clock, unlock });
		} catch (error) {
			unlock();
			throw error;
		}
	}

	private constructor(private readonly parts: Parts) {
		super();
		const { reading, writing, collections } = parts;
		this.tables = new Map(collections.map((each) => [each.name, new LibsqlTable(reading, each)]));
		this.tails = new Map(collections.filter(isNumbered).map(({ name }) => [name, new FeedTail()]));
		this.caches = new Map(collections.filter(isFoundByHash).map(({ name }) => [name, new ReadCache()]));
		this.commits = new GroupCommit(writing);
	}

	/** One of the text indexes that it was opened with. */
	textIndex(name: string): TextIndex {
		return new LibsqlTextIndex(name, this.parts.reading, this.commits);
	}

	/** Removes up to `limit` records that are past their end; answers how many. For the background, in small batches. */
	async purgeExpired(limit: number): Promise<number> {
		const { purged = 0 } = await this.commits.run({ purge: limit, now: this.parts.clock() });
		return purged;
	}

	/**
	 * Makes a text index quicker to search by writing up to so many of its pages together; answers whether there may be more
	 * to do. For the background, in small batches.
	 */
	async mergeTexts(index: string, pages: number): Promise<boolean> {
		const { hasMore = false } = await this.commits.run({ index, merge: pages });
		return hasMore;
	}

	/**
	 * Writes a consistent copy to a new file, while this storage works on. Throws `storage_unavailable` if the target
	 * exists or can't be written.
	 */
	async backup(target: string): Promise<void> {
		const { reading } = this.parts;
		if (reading.path !== MEMORY) return backupDatabase(reading.path, target);
		await writeBackup(target, (file) => {
			reading.run("VACUUM INTO ?", file);
		});
	}

	/**
	 * Leaves nothing in the files of what was deleted or replaced before. It writes everything that's in the log beside the
	 * database: for after an erasing, not for every write. Throws `storage_unavailable`: try again.
	 */
	async scrub(): Promise<void> {
		const { path } = this.parts.reading;
		if (path !== MEMORY) await emptyLog(path);
	}

	async close(): Promise<void> {
		if (this.isClosed) return;
		this.isClosed = true;
		const { reading, writing, unlock } = this.parts;
		await this.commits.idle();
		// The last one to close the file writes the log beside it into it.
		if (reading.path !== MEMORY) reading.close();
		await writing.close();
		unlock();
	}

	protected override read(collection: AnyCollection, key: Key): string | undefined {
		const table = this.table(collection);
		const read = () => table.read(key, this.parts.clock());
		const cache = this.isClosed ? undefined : this.caches.get(collection.name);
		return cache ? cache.get(key[0], read) : read();
	}

	protected override async write(writes: readonly PreparedWrite[]): Promise<readonly string[]> {
		const { clock, reading } = this.parts;
		if (this.isClosed) throw new RouterError("storage_unavailable", `The database ${reading.path} has been closed.`);
		for (const { collection } of writes) this.table(collection);
		const hasTail = writes.some(({ collection }) => this.tails.has(collection.name));
		let done: Done | undefined;
		this.changing(writes, "begin");
		try {
			done = await this.commits.run({ writes, now: clock() });
		} finally {
			this.changing(writes, "end");
			if (hasTail) this.keepTails(writes, done?.inserted ?? []);
		}
		return done.updated ?? [];
	}

	protected override page(collection: AnyCollection, query: Query): TextPage {
		return this.table(collection).query(query, this.parts.clock());
	}

	protected override inserted(collection: AnyCollection, after: number, limit: number): Insertions {
		const known = this.tails.get(collection.name)?.after(after, limit);
		return known ?? this.table(collection).insertedAfter(after, limit, this.parts.clock());
	}

	private changing(writes: readonly PreparedWrite[], step: "begin" | "end"): void {
		for (const { collection, key, action } of writes) {
			if (!("check" in action)) this.caches.get(collection.name)?.[step](key[0]);
		}
	}

	/** `inserted`: the numbers of the rows that were surely inserted, in the order of the writes. */
	private keepTails(writes: readonly PreparedWrite[], inserted: readonly number[]): void {
		const numbers = inserted.values();
		for (const { collection, condition, action } of writes) {
			const tail = this.tails.get(collection.name);
			if (!tail) continue;
			if ("put" in action && action.record && condition === "absent") {
				const seq = numbers.next().value;
				// Where nobody knows whether it was inserted, the next one's number shows a gap.
				if (seq !== undefined) tail.add({ seq, record: action.record, length: action.put.text.length });
			} else if (!("check" in action)) tail.clear();
		}
	}

	private table(collection: AnyCollection): LibsqlTable {
		const table = this.tables.get(collection.name);
		if (!table) throw undeclared(collection);
		return table;
	}
}

/** For a database in memory, which has only one connection. */
function inline(writer: Writer): Committing {
	return { commit: async (jobs) => writer.commit(jobs), close: async () => writer.close() };
}

/** The file's real path, so that its lock is the same by whatever name it's opened. */
function locate(path: string): string {
	try {
		if (existsSync(path)) {
			accessSync(path, constants.R_OK | constants.W_OK);
			return realpathSync(path);
		}
		accessSync(dirname(path), constants.W_OK);
		return join(realpathSync(dirname(path)), basename(path));
	} catch (error) {
		const { message } = error as Error;
		throw new RouterError("storage_unavailable", `The database ${path} can't be opened: ${message}`, { cause: error });
	}
}

function openDatabase(path: string, collections: readonly AnyCollection[], textIndexes: readonly string[]): Connection {
	const connection = new Connection(path);
	try {
		for (const pragma of configure) connection.all(pragma);
		checkDatabase(connection);
		connection.all("PRAGMA journal_mode = WAL");
		prepareDatabase(connection, collections);
		for (const name of textIndexes) prepareTextIndex(connection, name);
		return connection;
	} catch (error) {
		connection.close();
		throw error;
	}
}
