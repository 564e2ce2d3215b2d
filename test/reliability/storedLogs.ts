import { sessionKey } from "../../src/delivery/identity.js";
import { collections, entries } from "../../src/delivery/records.js";
import { databaseIn } from "../../src/server/dataDir.js";
import { LibsqlStorage } from "../../src/storage/libsql/LibsqlStorage.js";
import type { History } from "./history.js";

const PAGE = 200;

/** Puts the logs of all sessions of a history's readers into it, as a server that has ended left them in its folder. */
export async function readStoredLogs(dataDir: string, history: History): Promise<void> {
	const storage = await LibsqlStorage.open({ path: databaseIn(dataDir), collections });
	try {
		for (const session of new Set(history.readers.map((reader) => reader.session))) {
			const log = [];
			const hash = sessionKey("chat", "default", session);
			let cursor: string | undefined;
			do {
				const page = await storage.query(entries, { hash, limit: PAGE, cursor });
				log.push(...page.records);
				cursor = page.cursor;
			} while (cursor);
			history.logs.set(session, log);
		}
	} finally {
		await storage.close();
	}
}
