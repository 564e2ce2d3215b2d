import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RouterError } from "../../protocol/errors.js";
import { type Effect, evaluate, type PreparedWrite } from "../evaluate.js";
import { undeclared } from "../key.js";
import type { AnyCollection, Key, Query } from "../Storage.js";
import { type TextPage, TextStorage } from "../TextStorage.js";
import { backupDatabase, writeBackup } from "./backup.js";
import { Connection } from "./Connection.js";
import { lockFile } from "./fileLock.js";
import { GroupCommit } from "./GroupCommit.js";
import { LibsqlTable } from "./LibsqlTable.js";
import { checkDatabase, prepareDatabase } from "./schema.js";

export interface LibsqlStorageOptions {
	/** The database file, made if it's not there; its folder must be. `":memory:"`: kept in this process only. */
	readonly path: string;
	readonly collections: readonly AnyCollection[];
	/** The time in ms. Default: `Date.now`. */
	readonly clock?: () => number;
}

const MEMORY = ":memory:";

/**
 * Keeps records in one SQLite file, which one process owns. A write's promise resolves when it's synced to disk; what
 * is written in the same turn of the event loop shares one sync.
 */
export class LibsqlStorage extends TextStorage {
	private readonly connection: Connection;
	private readonly tables: ReadonlyMap<string, LibsqlTable>;
	private readonly commits: GroupCommit;
	private readonly clock: () => number;
	private readonly unlock: () => void;
	private closed = false;

	/**
	 * Throws `database_locked`, `database_newer`, `database_damaged`, or `storage_unavailable` where the file can't be
	 * made or read. A file that's refused is left as it is.
	 */
	static async open({ path, collections, clock = Date.now }: LibsqlStorageOptions): Promise<LibsqlStorage> {
		if (path === MEMORY) return new LibsqlStorage(path, collections, clock, () => {});
		const file = locate(path);
		const unlock = lockFile(file);
		try {
			return new LibsqlStorage(file, collections, clock, unlock);
		} catch (error) {
			unlock();
			throw error;
		}
	}

	private constructor(path: string, collections: readonly AnyCollection[], clock: () => number, unlock: () => void) {
		super();
		this.connection = openDatabase(path, collections);
		this.tables = new Map(collections.map((each) => [each.name, new LibsqlTable(this.connection, each)]));
		this.commits = new GroupCommit(this.connection);
		this.clock = clock;
		this.unlock = unlock;
	}

	/** Removes up to `limit` records that are past their end; answers how many. For the background, in small batches. */
	async purgeExpired(limit: number): Promise<number> {
		return this.commits.run(() => {
			let removed = 0;
			for (const table of this.tables.values()) {
				if (removed < limit) removed += table.purge(this.clock(), limit - removed);
			}
			return removed;
		});
	}

	/**
	 * Writes a consistent copy to a new file, while this storage works on. Throws `storage_unavailable` if the target
	 * exists or can't be written.
	 */
	async backup(target: string): Promise<void> {
		const { path } = this.connection;
		if (path !== MEMORY) return backupDatabase(path, target);
		await writeBackup(target, (file) => {
			this.connection.run("VACUUM INTO ?", file);
		});
	}

	async close(): Promise<void> {
		if (this.closed) return;
		this.closed = true;
		this.commits.flush();
		closeDatabase(this.connection);
		this.unlock();
	}

	protected override read(collection: AnyCollection, key: Key): string | undefined {
		return this.table(collection).read(key, this.clock());
	}

	protected override write(writes: readonly PreparedWrite[]): Promise<readonly Effect[]> {
		return this.commits.run(() => {
			const now = this.clock();
			const effects = evaluate(writes, (collection, key) => this.table(collection).read(key, now));
			for (const effect of effects) this.table(effect.collection).apply(effect);
			return effects;
		});
	}

	protected override page(collection: AnyCollection, query: Query): TextPage {
		return this.table(collection).query(query, this.clock());
	}

	protected override inserted(collection: AnyCollection, after: number, limit: number) {
		return this.table(collection).insertedAfter(after, limit, this.clock());
	}

	private table(collection: AnyCollection): LibsqlTable {
		const table = this.tables.get(collection.name);
		if (!table) throw undeclared(collection);
		return table;
	}
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

function openDatabase(path: string, collections: readonly AnyCollection[]): Connection {
	const connection = new Connection(path);
	try {
		// The sqlite3 shell may hold the file for a moment.
		connection.all("PRAGMA busy_timeout = 2000");
		checkDatabase(connection);
		connection.all("PRAGMA journal_mode = WAL");
		connection.exec("PRAGMA synchronous = FULL");
		// A backup lets the log beside the file grow; this lets it shrink again.
		connection.all("PRAGMA journal_size_limit = 67108864");
		// A checkpoint runs inside a commit, which then holds up everybody: rather seldom, at 64 MB, than at every 4.
		connection.all("PRAGMA wal_autocheckpoint = 16000");
		prepareDatabase(connection, collections);
		return connection;
	} catch (error) {
		connection.close();
		throw error;
	}
}

/** Leaves one file, with no log beside it. */
function closeDatabase(connection: Connection): void {
	try {
		// libsql lets go of the file only when its statements are collected; so the log is taken away here.
		connection.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE");
	} catch {
		// Somebody reads the file: the log stays beside it, and the next opening reads it.
	}
	connection.close();
}
