import { crmCollections } from "../crm/collections.js";
import { collections } from "../delivery/records.js";
import { LibsqlStorage } from "../storage/libsql/LibsqlStorage.js";
import { serverKeys } from "./aliasSecret.js";
import { databaseIn } from "./dataDir.js";
import { demoSessions } from "./demo/DemoSessions.js";

/** The text index of what is said. */
export const MESSAGES = "messages";

/** The server's database, with everything that's in it. Throws as `LibsqlStorage.open`. */
export function openStorage(dataDir: string, clock: () => number = Date.now): Promise<LibsqlStorage> {
	return LibsqlStorage.open({
		path: databaseIn(dataDir),
		collections: [...collections, ...crmCollections, demoSessions, serverKeys],
		textIndexes: [MESSAGES],
		clock,
	});
}
