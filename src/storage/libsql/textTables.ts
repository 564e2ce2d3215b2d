import { createHash } from "node:crypto";
import type { Connection } from "./Connection.js";
import { quote } from "./columns.js";

/** Of how many letters beginnings are listed. */
export const LISTED_PREFIX = 3;

/** What a text index has in SQL. */
export function textTables(name: string) {
	return { places: quote(`t_${name}_places`), index: quote(`t_${name}`), vocabulary: `temp.${quote(`v_${name}`)}` };
}

/** Makes the tables of a text index where they aren't there. */
export function prepareTextIndex(connection: Connection, name: string): void {
	const { places, index } = textTables(name);
	connection.exec(`CREATE TABLE IF NOT EXISTS ${places} (
		id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, "group" TEXT NOT NULL, number INTEGER NOT NULL,
		UNIQUE ("group", number))`);
	if (connection.get("SELECT 1 FROM sqlite_schema WHERE name = ?", `t_${name}`)) return;
	connection.exec(`CREATE VIRTUAL TABLE ${index} USING fts5(
		words, place, prefix='${LISTED_PREFIX}', tokenize="unicode61 remove_diacritics 0")`);
	// What is removed leaves nothing behind in the index.
	connection.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('secure-delete', 1)`);
}

/** A group as a word. */
export function tokenOf(group: string): string {
	return createHash("sha256").update(group).digest("hex").slice(0, 32);
}
