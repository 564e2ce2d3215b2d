import { hash } from "node:crypto";
import type { Connection } from "./Connection.js";
import { quote } from "./columns.js";

/** Of how many letters beginnings are listed. */
export const LISTED_PREFIX = 3;

/** No word has it, so that no word, and none that begins so, is a group. */
const TOKEN = "_";

/**
 * Only which texts have a word is kept, not where in the text: that's a quarter less work for each message. Words come as
 * they are compared; so this tokenizer, to which all that isn't ASCII is letters, only finds the blanks between them.
 */
const DEFINITION = `USING fts5(words, detail=none, columnsize=0, prefix='${LISTED_PREFIX}', tokenize="ascii tokenchars '${TOKEN}'")`;
/** How many lists of one size there are before they're merged: twice as many as by default, which is a tenth less work. */
const LISTS = 8;

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
	const [sql] = connection.get("SELECT sql FROM sqlite_schema WHERE name = ?", `t_${name}`) ?? [];
	if (sql === undefined) createIndex(connection, index);
	else if (!String(sql).endsWith(DEFINITION)) rebuildIndex(connection, name);
}

function createIndex(connection: Connection, index: string): void {
	connection.exec(`CREATE VIRTUAL TABLE ${index} ${DEFINITION}`);
	// What is removed leaves nothing behind in the index.
	connection.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('secure-delete', 1), ('automerge', ${LISTS})`);
}

/** An index as an earlier release made it, with the group in a column of its own. */
function rebuildIndex(connection: Connection, name: string): void {
	const { index } = textTables(name);
	const former = quote(`former t_${name}`);
	connection.exec(`ALTER TABLE ${index} RENAME TO ${former}`);
	createIndex(connection, index);
	connection.exec(`INSERT INTO ${index} (rowid, words) SELECT rowid, words || ' ${TOKEN}' || place FROM ${former}`);
	connection.exec(`DROP TABLE ${former}`);
}

/** A group as a word. */
export function tokenOf(group: string): string {
	return TOKEN + hash("sha256", group, "hex").slice(0, 32);
}
