import Database from "libsql";
import { RouterError } from "../../protocol/errors.js";

/** What may be bound. libsql aborts the process at a boolean, and at a single Buffer: so neither can be given. */
export type Value = string | number | null;

type Statement = Database.Statement;

/** How every connection to a database that's in use is set. */
export const configure = [
	// The sqlite3 shell may hold the file for a moment.
	"PRAGMA busy_timeout = 500",
	"PRAGMA synchronous = FULL",
	// A backup lets the log beside the file grow; this lets it shrink again.
	"PRAGMA journal_size_limit = 67108864",
	// A checkpoint holds up the commit that it runs in: rather seldom, at 64 MB, than at every 4.
	"PRAGMA wal_autocheckpoint = 16000",
	// What is deleted or replaced is overwritten. Pages that are written anyway are all it costs.
	"PRAGMA secure_delete = ON",
	// In KiB: pages that messages are written to now are still there for the next ones, and so is what leads to a record
	// among millions. A connection that reads has to begin anew after every commit.
	"PRAGMA cache_size = -16384",
] as const;

/** One connection to a database: statements are prepared once, rows are arrays, failures are `RouterError`s. */
export class Connection {
	readonly path: string;
	private readonly database: Database.Database;
	// After `all`, the next `get` of the same statement answers for the values bound before (libsql 0.5.29): one each.
	private readonly forAll = new Map<string, Statement>();
	private readonly forOne = new Map<string, Statement>();
	private open = true;

	/** Opens the file, or makes it. Throws `storage_unavailable`. */
	constructor(path: string) {
		this.path = path;
		this.database = attempt(path, () => new Database(path));
	}

	/** Whether a transaction is under way. */
	get inTransaction(): boolean {
		// Asked of a closed database, libsql aborts the process.
		return this.open && this.database.inTransaction;
	}

	all(sql: string, ...values: Value[]): unknown[][] {
		return this.attempt(() => this.prepared(this.forAll, sql).all(values) as unknown[][]);
	}

	/** The first row. */
	get(sql: string, ...values: Value[]): unknown[] | undefined {
		return this.attempt(() => this.prepared(this.forOne, sql).get(values) as unknown[] | undefined);
	}

	/** How many rows it changed. */
	run(sql: string, ...values: Value[]): number {
		return this.attempt(() => this.prepared(this.forOne, sql).run(values).changes);
	}

	/** The number of the row that it inserted; undefined if it inserted none. */
	insert(sql: string, ...values: Value[]): number | undefined {
		const { changes, lastInsertRowid } = this.attempt(() => this.prepared(this.forOne, sql).run(values));
		return changes > 0 ? Number(lastInsertRowid) : undefined;
	}

	exec(sql: string): void {
		this.attempt(() => this.database.exec(sql));
	}

	close(): void {
		if (!this.open) return;
		this.open = false;
		this.forAll.clear();
		this.forOne.clear();
		this.database.close();
	}

	private prepared(cache: Map<string, Statement>, sql: string): Statement {
		const known = cache.get(sql);
		if (known) return known;
		const statement = this.database.prepare(sql);
		if (statement.reader) statement.raw();
		cache.set(sql, statement);
		return statement;
	}

	private attempt<T>(call: () => T): T {
		if (!this.open) throw new RouterError("storage_unavailable", `The database ${this.path} has been closed.`);
		return attempt(this.path, call);
	}
}

/** Whether the error is the database's own, not that of one write in it. */
export function isDatabaseFailure(error: unknown): boolean {
	return !(error instanceof RouterError) || error.code === "storage_unavailable" || error.code === "database_damaged";
}

/** Calls the database; what it throws becomes a `RouterError`. */
function attempt<T>(path: string, call: () => T): T {
	try {
		return call();
	} catch (error) {
		throw failureOf(path, error);
	}
}

function failureOf(path: string, error: unknown): RouterError {
	const { code = "", message } = error as { code?: string; message: string };
	if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
		return new RouterError(
			"database_damaged",
			`The file ${path} is damaged, or is no database (${message}). It was left as it is; restore a backup.`,
			{ cause: error },
		);
	}
	return new RouterError("storage_unavailable", `The database ${path} failed: ${message}`, { cause: error });
}
