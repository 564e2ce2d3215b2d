import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import type { ActivityRecord } from "../../src/crm/conversations/activity.js";
import { partsOf } from "../../src/delivery/identity.js";
import type { Head } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";

/** What is in a database, read past all of our own code. */
export interface Stored {
	/** What SQLite finds wrong with the file. */
	readonly damage: readonly string[];
	/** By the session's id, as clients know it. */
	readonly logs: ReadonlyMap<string, Entry[]>;
	/** Of every session, by its id as clients know it. */
	readonly heads: ReadonlyMap<string, Head>;
	/** Up to which entry each conversation has been counted, by its id. */
	readonly counted: ReadonlyMap<string, number>;
}

/** Reads a copy of the database in a data folder that nobody writes to at the moment. */
export function readStored(dataDir: string): Stored {
	const copy = mkdtempSync(join(tmpdir(), "stentor-copy-"));
	try {
		for (const name of ["chat.db", "chat.db-wal"]) {
			if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(copy, name));
		}
		const database = new Database(join(copy, "chat.db"));
		try {
			return {
				damage: damageOf(database),
				logs: logsOf(database),
				heads: headsOf(database),
				counted: countedIn(database),
			};
		} finally {
			database.close();
		}
	} finally {
		rmSync(copy, { recursive: true });
	}
}

function damageOf(database: Database.Database): string[] {
	const rows = database.prepare("PRAGMA integrity_check").raw().all() as string[][];
	return rows.flat().filter((line) => line !== "ok");
}

function logsOf(database: Database.Database): Map<string, Entry[]> {
	const logs = new Map<string, Entry[]>();
	const rows = database.prepare("SELECT data FROM c_entries ORDER BY f_session, f_seq").raw().all() as string[][];
	for (const [data = ""] of rows) {
		const entry = JSON.parse(data) as Entry;
		const { sessionId } = partsOf(entry.session);
		const log = logs.get(sessionId);
		if (log) log.push(entry);
		else logs.set(sessionId, [entry]);
	}
	return logs;
}

function headsOf(database: Database.Database): Map<string, Head> {
	const rows = database.prepare("SELECT data FROM c_sessions").raw().all() as string[][];
	const heads = rows.map(([data = ""]) => JSON.parse(data) as Head);
	return new Map(heads.map((head) => [partsOf(head.session).sessionId, head]));
}

function countedIn(database: Database.Database): Map<string, number> {
	const rows = database.prepare("SELECT data FROM c_conversationActivity").raw().all() as string[][];
	const activities = rows.map(([data = ""]) => JSON.parse(data) as ActivityRecord);
	return new Map(activities.map(({ conversation, counted }) => [partsOf(conversation).sessionId, counted]));
}
