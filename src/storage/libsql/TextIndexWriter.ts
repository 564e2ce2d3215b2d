import type { IndexedText } from "../TextIndex.js";
import { distinctWordsOf } from "../wordsOf.js";
import type { Connection } from "./Connection.js";
import { textTables, tokenOf } from "./textTables.js";

/** A text as it's written: places lie in the order of their writing, not by time. */
export type WrittenText = Omit<IndexedText, "timeMs">;

/** Writes a text index, inside transactions. */
export class TextIndexWriter {
	private readonly insertPlace: string;
	private readonly insertWords: string;
	private readonly forgetWords: string;
	private readonly forgetPlaces: string;
	private readonly mergeTwo: string;
	private readonly mergeLists: string;

	constructor(
		private readonly connection: Connection,
		name: string,
	) {
		const { places, index } = textTables(name);
		this.insertPlace = `INSERT INTO ${places} (scope, "group", number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`;
		// Of the place that was inserted just before.
		this.insertWords = `INSERT INTO ${index} (rowid, words) VALUES (last_insert_rowid(), ?)`;
		this.forgetWords = `DELETE FROM ${index} WHERE rowid IN (SELECT id FROM ${places} WHERE "group" = ?)`;
		this.forgetPlaces = `DELETE FROM ${places} WHERE "group" = ?`;
		this.mergeTwo = `INSERT INTO ${index} (${index}, rank) VALUES ('usermerge', 2)`;
		this.mergeLists = `INSERT INTO ${index} (${index}, rank) VALUES ('merge', ?)`;
	}

	/** A text that's there already stays as it is. */
	add(texts: readonly WrittenText[]): void {
		const { connection } = this;
		const tokens = new Map<string, string>();
		const tokenIn = (group: string) => {
			const token = tokens.get(group) ?? tokenOf(group);
			tokens.set(group, token);
			return token;
		};
		for (const { scope, group, number, text } of texts) {
			const words = distinctWordsOf(text);
			const isNew = words.length > 0 && connection.run(this.insertPlace, scope, group, number) > 0;
			if (isNew) connection.run(this.insertWords, `${words.join(" ")} ${tokenIn(group)}`);
		}
	}

	remove(group: string): void {
		this.connection.run(this.forgetWords, group);
		this.connection.run(this.forgetPlaces, group);
	}

	/**
	 * Writes up to so many pages of lists that are merged; answers whether there may be more to do. Each list less is one
	 * less that a search has to go through for every word.
	 */
	merge(pages: number): boolean {
		const { connection } = this;
		const changes = () => Number(connection.get("SELECT total_changes()")?.[0]);
		connection.run(this.mergeTwo);
		const before = changes();
		connection.run(this.mergeLists, pages);
		// FTS5 notes one change of its own where nothing was merged.
		return changes() - before > 1;
	}
}
