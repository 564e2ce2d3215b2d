import Database from "libsql/promise";
import { RouterError } from "../../protocol/errors.js";
import { attempt, type Connection, configure, type Value } from "./Connection.js";

/** What writes transactions, one after the other. */
export interface Writing {
	/** The first row of a statement of ours. */
	get(sql: string, ...values: Value[]): unknown[] | undefined;
	/** How many rows a statement of ours changed. */
	run(sql: string, ...values: Value[]): number;
	/**
	 * Begins, executes SQL part by part, and commits if that's wanted: what `begin` and `commit` say holds for it. Where it
	 * rejects, what was begun is to be rolled back.
	 */
	execute(parts: readonly string[], commit: boolean): Promise<void>;
	/** Resolves when nobody else writes. Nothing may be called meanwhile. */
	begin(): Promise<void>;
	/** Resolves when what was written since `begin` is on disk. Nothing may be called meanwhile. */
	commit(): Promise<void>;
	/** Undoes what was written since `begin`; rejects where SQLite has done so itself, as after a full disk. */
	rollBack(): Promise<void>;
	close(): Promise<void>;
}

interface Statement {
	raw(): Statement;
	readonly reader: boolean;
	get(...values: Value[]): unknown[] | undefined;
	run(...values: Value[]): { readonly changes: number };
}

const BEGIN = "BEGIN IMMEDIATE";

/** With the first part it begins, and with the last one it commits: each call waits for another thread. */
function asTransaction(parts: readonly string[], commit: boolean): string[] {
	const last = parts.length - 1;
	return parts.map((part, i) => `${i === 0 ? `${BEGIN};` : ""}${part}${commit && i === last ? "COMMIT" : ""}`);
}

/** Writes over a connection that also reads: for a database in memory, which has only one. */
export class SharedWriting implements Writing {
	constructor(private readonly connection: Connection) {}

	get(sql: string, ...values: Value[]): unknown[] | undefined {
		return this.connection.get(sql, ...values);
	}

	run(sql: string, ...values: Value[]): number {
		return this.connection.run(sql, ...values);
	}

	async execute(parts: readonly string[], commit: boolean): Promise<void> {
		for (const sql of asTransaction(parts, commit)) this.connection.exec(sql);
	}

	async begin(): Promise<void> {
		this.connection.exec(BEGIN);
	}

	async commit(): Promise<void> {
		this.connection.exec("COMMIT");
	}

	async rollBack(): Promise<void> {
		this.connection.exec("ROLLBACK");
	}

	async close(): Promise<void> {}
}

/**
 * The connection that writes to a database file. Its commits run on a thread of libsql's, so that the wait for the disk,
 * and now and then for a checkpoint, stops nobody: other connections read on meanwhile.
 */
export class WritingConnection implements Writing {
	private constructor(
		private readonly path: string,
		private readonly database: Database,
		private readonly statements: ReadonlyMap<string, Statement>,
	) {}

	/** Prepares the statements that will be used. Throws `storage_unavailable`. */
	static async open(path: string, sql: readonly string[]): Promise<WritingConnection> {
		return attempt(path, async () => {
			const database = new Database(path, {});
			for (const pragma of configure) await database.exec(pragma);
			const statements = new Map<string, Statement>();
			for (const each of sql) {
				const statement: Statement = await database.prepare(each);
				statements.set(each, statement.reader ? statement.raw() : statement);
			}
			return new WritingConnection(path, database, statements);
		});
	}

	get(sql: string, ...values: Value[]): unknown[] | undefined {
		return attempt(this.path, () => this.statement(sql).get(...values));
	}

	run(sql: string, ...values: Value[]): number {
		return attempt(this.path, () => this.statement(sql).run(...values).changes);
	}

	async execute(parts: readonly string[], commit: boolean): Promise<void> {
		for (const sql of asTransaction(parts, commit)) await this.exec(sql);
	}

	/** Another process may hold the file, as the sqlite3 shell does: that wait, too, is on libsql's thread. */
	begin(): Promise<void> {
		return this.exec(BEGIN);
	}

	commit(): Promise<void> {
		return this.exec("COMMIT");
	}

	rollBack(): Promise<void> {
		return this.exec("ROLLBACK");
	}

	/** For settings of the connection. */
	exec(sql: string): Promise<void> {
		return attempt(this.path, async () => this.database.exec(sql));
	}

	/** Leaves everything in the database's own file: the log beside it is empty. */
	async close(): Promise<void> {
		try {
			await this.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
		} catch {
			// Somebody reads the file: the log stays beside it, and the next opening reads it.
		}
		this.database.close();
	}

	private statement(sql: string): Statement {
		const statement = this.statements.get(sql);
		if (!statement) throw new RouterError("internal", "A statement that wasn't prepared.");
		return statement;
	}
}
