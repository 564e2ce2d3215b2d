import { RouterError } from "../../protocol/errors.js";
import type { IndexedText, TextIndex, TextPage, TextQuery } from "../TextIndex.js";
import type { Connection } from "./Connection.js";
import { quote } from "./columns.js";
import type { GroupCommit } from "./GroupCommit.js";
import { LISTED_PREFIX, textTables, tokenOf } from "./textTables.js";

/** What isn't so is no text's word, and may mean something to FTS5. */
const WORD = /^[\p{L}\p{N}]+$/u;
/** How many words that begin alike are looked for one by one. */
const MOST_BEGUN = 50;

/**
 * A text index on SQLite's FTS5. A group is one more word of its texts, so that searching in few groups reads little.
 */
export class LibsqlTextIndex implements TextIndex {
	constructor(
		private readonly name: string,
		private readonly reading: Connection,
		private readonly commits: Pick<GroupCommit, "run">,
	) {
		const { vocabulary } = textTables(name);
		reading.exec(
			`CREATE VIRTUAL TABLE IF NOT EXISTS ${vocabulary} USING fts5vocab(main, ${quote(`t_${name}`)}, 'instance')`,
		);
	}

	async add(texts: readonly IndexedText[]): Promise<void> {
		if (texts.length > 0) await this.commits.run({ index: this.name, add: texts });
	}

	async find({ scope, words, prefix, groups }: TextQuery, part: { limit: number; from?: string }): Promise<TextPage> {
		const { places, index } = textTables(this.name);
		const before = part.from === undefined ? Number.MAX_SAFE_INTEGER : numberOf(part.from);
		const sought = [...words.map((word) => quote(word)), ...(prefix === undefined ? [] : [this.begun(prefix)])].join(
			" AND ",
		);
		const within = groups && `(${groups.map((group) => quote(tokenOf(group))).join(" OR ")})`;
		const match = within ? `${sought} AND ${within}` : sought;
		const all = prefix === undefined ? words : [...words, prefix];
		if (groups?.length === 0 || !all.every((word) => WORD.test(word))) return { places: [] };
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
		const { vocabulary } = textTables(this.name);
		const found: string[] = [];
		for (let at = prefix; ; ) {
			const [term] = this.reading.all(`SELECT term FROM ${vocabulary} WHERE term >= ? LIMIT 1`, at)[0] ?? [];
			if (typeof term !== "string" || !term.startsWith(prefix)) break;
			if (found.push(quote(term)) > MOST_BEGUN) return native;
			at = `${term}\u0001`;
		}
		return found.length === 0 ? native : `(${found.join(" OR ")})`;
	}

	async remove(group: string): Promise<void> {
		await this.commits.run({ index: this.name, remove: group });
	}
}

function numberOf(from: string): number {
	if (/^\d{1,15}$/.test(from)) return Number(from);
	throw new RouterError("invalid_query", "The cursor is malformed.");
}
