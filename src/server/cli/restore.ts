import { copyFileSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { RouterError } from "../../protocol/errors.js";
import { Connection } from "../../storage/libsql/Connection.js";
import { lockFile } from "../../storage/libsql/fileLock.js";
import { APPLICATION_ID, checkDatabase } from "../../storage/libsql/schema.js";
import { databaseIn, prepareDataDir } from "../dataDir.js";
import { loadEnvironment, readSettings } from "../settings.js";
import type { Command } from "./Command.js";

export const restore: Command = {
	summary: "Put a backup in the database's place; the server must not run",
	usage: "<file> [--force]",
	details: "A database that is there already is kept beside it with --force; without, nothing is done.",
	options: { force: { type: "boolean", default: false } },
	words: 1,
	async run({ words: [word = ""], options: { force } }) {
		const { dataDir } = readSettings(loadEnvironment());
		prepareDataDir(dataDir);
		const database = databaseIn(dataDir);
		const source = resolve(word);
		if (!existsSync(source) || !statSync(source).isFile()) {
			throw new RouterError("configuration_invalid", `There is no file ${source}; name the backup to restore.`);
		}
		const unlock = lockFile(database);
		const copy = `${database}.restoring`;
		try {
			if (existsSync(database) && !force) {
				throw new RouterError(
					"configuration_invalid",
					`DATA_DIR ${dataDir} holds a database; add --force to keep it aside and restore this one.`,
				);
			}
			rmSync(copy, { force: true });
			copyFileSync(source, copy);
			check(copy, source);
			const aside = putAside(database);
			renameSync(copy, database);
			console.log(`Restored ${source} to ${database}.${aside ? ` What was there is now ${aside}.` : ""}`);
		} finally {
			rmSync(copy, { force: true });
			unlock();
		}
	},
};

/** Throws unless the file is a whole database of ours that this release reads. */
function check(file: string, source: string): void {
	const connection = new Connection(file);
	try {
		checkDatabase(connection);
		const isOurs = Number(connection.get("PRAGMA application_id")?.[0]) === APPLICATION_ID;
		if (!isOurs || connection.get("PRAGMA integrity_check")?.[0] !== "ok") throw new RouterError("database_damaged");
	} catch (cause) {
		if (!(cause instanceof RouterError) || cause.code !== "database_damaged") throw cause;
		const message = `The file ${source} is no backup of ours, or is damaged; nothing was changed.`;
		throw new RouterError("database_damaged", message, { cause });
	} finally {
		connection.close();
	}
}

/** Renames the database, and the log that a killed process left beside it, which belongs to it. */
function putAside(database: string): string | undefined {
	if (!existsSync(database)) return undefined;
	const aside = `${database}.before-restore-${new Date().toISOString().replace(/[:.]/g, "-")}`;
	for (const suffix of ["", "-wal", "-shm"]) {
		if (existsSync(database + suffix)) renameSync(database + suffix, aside + suffix);
	}
	return aside;
}
