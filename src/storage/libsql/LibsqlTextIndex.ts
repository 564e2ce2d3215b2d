import { createHash } from "node:crypto";
import { RouterError } from "../../protocol/errors.js";
import type { IndexedText, TextIndex, TextPage, TextQuery } from "../TextIndex.js";
import type { Connection } from "./Connection.js";
import { quote } from "./columns.js";
import type { Writing } from "./WritingConnection.js";

/** Has work done inside a transaction; see `GroupCommit`. */
export type Transacting = (work: () => void) => Promise<void>;

interface Statements {
	readonly insertPlace: string;
	readonly insertWords: string;
	readonly forgetWords: string;
	readonly forgetPlaces: string;
}

/** Of how many letters beginnings are listed. */
const LISTED_PREFIX = 3;
/** How many words that begin alike are looked for one by one. */
const MOST_BEGUN = 50;

/**
 * A text index on SQLite's FTS5. A group is one more word, in a column of its own, so that searching in few groups reads
 * little.
 */
export class LibsqlTextIndex implements TextIndex {
	constructor(
		private readonly name: string,
		private readonly reading: Connection,
		private readonly writing: Writing,
		private readonly transact: Transacting,
	) {
		const { vocabulary } = tablesOf(name);
		reading.exec(
			`CREATE VIRTUAL TABLE IF NOT EXISTS ${vocabulary} USING fts5vocab(main, ${quote(`t_${name}`)}, 'instance')`,
		);
	}

	add(texts: readonly IndexedText[]): Promise<void> {
		const { insertPlace, insertWords } = statementsOf(this.name);
		return this.transact(() => {
			for (const { scope, group, number, words } of texts) {
				if (words.length === 0) continue;
				const isNew = this.writing.run(insertPlace, scope, group, number) > 0;
				if (isNew) this.writing.run(insertWords, words.join(" "), tokenOf(group));
			}
		});
	}

	async find({ scope, words, prefix, groups }: TextQuery, part: { limit: number; from?: string }): Promise<TextPage> {
		const { places, index } = tablesOf(this.name);
		const before = part.from === undefined ? Number.MAX_SAFE_INTEGER : numberOf(part.from);
		const sought = [...words.map((word) => quote(word)), ...(prefix === undefined ? [] : [this.begun(prefix)])].join(
			" AND ",
		);
		const within = groups && `(${groups.map((group) => quote(tokenOf(group))).join(" OR ")})`;
		const match = `words : (${sought})${within ? ` AND place : ${within}` : ""}`;
		if (groups?.length === 0) return { places: [] };
		const rows = this.reading.all(
			`SELECT p.id, p."group", p.number FROM ${index} f JOIN ${places} p ON p.id = f.rowid
			WHERE f.${index} MATCH ? AND f.rowid < ? AND p.scope = ? ORDER BY f.rowid DESC LIMIT ?`,
			match,
			before,
			scope,
			part.limit,
		);
		const found = rows.map(([, group, number]) => ({ group: String(group), number: Number(number) }));
		const [[first] = []] = rows;
		const here = first === undefined ? part.from : String(Number(first) + 1);
		const last = rows.at(-1);
		return rows.length < part.limit || !last ? { places: found, here } : { places: found, here, next: String(last[0]) };
	}

	/**
	 * What matches words that begin so. FTS5 keeps lists of beginnings of 3 letters; for longer ones it would gather and sort
	 * all places of all their words. Few words are looked for one by one instead, of which only the newest places are read.
	 */
	private begun(prefix: string): string {
		const native = `${quote(prefix)} *`;
		if ([...prefix].length <= LISTED_PREFIX) return native;
		const { vocabulary } = tablesOf(this.name);
		const found: string[] = [];
		for (let at = prefix; ; ) {
			const [term] = this.reading.all(`SELECT term FROM ${vocabulary} WHERE term >= ? LIMIT 1`, at)[0] ?? [];
			if (typeof term !== "string" || !term.startsWith(prefix)) break;
			if (found.push(quote(term)) > MOST_BEGUN) return native;
			at = `${term}\u0001`;
		}
		return found.length === 0 ? native : `(${found.join(" OR ")})`;
	}

	remove(group: string): Promise<void> {
		const { forgetWords, forgetPlaces } = statementsOf(this.name);
		return this.transact(() => {
			this.writing.run(forgetWords, group);
			this.writing.run(forgetPlaces, group);
		});
	}
}

/** Makes the tables of a text index where they aren't there. */
export function prepareTextIndex(connection: Connection, name: string): void {
	const { places, index } = tablesOf(name);
	connection.exec(`CREATE TABLE IF NOT EXISTS ${places} (
		id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, "group" TEXT NOT NULL, number INTEGER NOT NULL,
		UNIQUE ("group", number))`);
	if (connection.get("SELECT 1 FROM sqlite_schema WHERE name = ?", `t_${name}`)) return;
	connection.exec(`CREATE VIRTUAL TABLE ${index} USING fts5(
		words, place, prefix='${LISTED_PREFIX}', tokenize="unicode61 remove_diacritics 0")`);
	// What is removed leaves nothing behind in the index.
	connection.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('secure-delete', 1)`);
}

/** The statements that a text index writes by. */
export function textIndexSql(name: string): string[] {
	return Object.values(statementsOf(name));
}

function tablesOf(name: string) {
	return { places: quote(`t_${name}_places`), index: quote(`t_${name}`), vocabulary: `temp.${quote(`v_${name}`)}` };
}

function statementsOf(name: string): Statements {
	const { places, index } = tablesOf(name);
	return {
		insertPlace: `INSERT INTO ${places} (scope, "group", number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		// Of the place that was inserted just before.
		insertWords: `INSERT INTO ${index} (rowid, words, place) VALUES (last_insert_rowid(), ?, ?)`,
		forgetWords: `DELETE FROM ${index} WHERE rowid IN (SELECT id FROM ${places} WHERE "group" = ?)`,
		forgetPlaces: `DELETE FROM ${places} WHERE "group" = ?`,
	};
}

/** A group as a word. */
function tokenOf(group: string): string {
	return createHash("sha256").update(group).digest("hex").slice(0, 32);
}

function numberOf(from: string): number {
	if (/^\d{1,15}$/.test(from)) return Number(from);
	throw new RouterError("invalid_query", "The cursor is malformed.");
}
