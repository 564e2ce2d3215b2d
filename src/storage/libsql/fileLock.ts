import { RouterError } from "../../protocol/errors.js";
import { Connection } from "./Connection.js";

/**
 * Makes this process the only owner of a database file, by an SQLite lock on `<path>.lock`; gives what releases it. The
 * system releases it too when the process ends, however it does. The database itself stays open to readers (backups,
 * the sqlite3 shell). Throws `database_locked`.
 */
export function lockFile(path: string): () => void {
	const lock = new Connection(`${path}.lock`);
	try {
		// There's nothing to roll back, so it needs no journal beside it.
		lock.all("PRAGMA journal_mode = MEMORY");
		lock.exec("BEGIN EXCLUSIVE");
	} catch (error) {
		lock.close();
		if (!isBusy(error)) throw error;
		throw new RouterError(
			"database_locked",
			`Another process uses the database ${path}. Stop it, or let this one use another file (DATA_DIR).`,
			{ cause: error },
		);
	}
	return () => {
		// Closing alone isn't enough: libsql keeps a connection until its statements are collected.
		lock.exec("ROLLBACK");
		lock.close();
	};
}

function isBusy(error: unknown): boolean {
	const { cause } = error as { cause?: { code?: string } };
	return cause?.code?.startsWith("SQLITE_BUSY") ?? false;
}
