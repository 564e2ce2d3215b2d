import { decodeCursor, encodeCursor } from "../cursor.js";
import type { Effect } from "../evaluate.js";
import { keyText } from "../key.js";
import { type CheckedQuery, checkQuery } from "../query.js";
import { isPast } from "../record.js";
import type { AnyCollection, Key, KeyDeclaration, Query } from "../Storage.js";
import type { TextPage } from "../TextStorage.js";
import { firstIndex, type Position, type Row, SortedRows } from "./SortedRows.js";

/** That a row came: nothing of what it held, which may have been erased since. */
interface Insertion {
	readonly seq: number;
	/** See `keyText`. */
	readonly key: string;
}

/** The records of one collection. Rows are never changed, only replaced. */
export class MemoryTable {
	private readonly collection: AnyCollection;
	private readonly rows = new Map<string, Row>();
	/** By index (the collection's own key is ""), then by hash. */
	private readonly indexes: ReadonlyMap<
		string,
		{ readonly key: KeyDeclaration; readonly hashes: Map<string, SortedRows> }
	>;
	/** Insertions by their numbers, oldest first; rows that have gone since are dropped from time to time. */
	private inserted: Insertion[] = [];
	private newest = 0;

	constructor(collection: AnyCollection) {
		this.collection = collection;
		const indexes = [["", collection.key] as const, ...Object.entries(collection.indexes ?? {})];
		this.indexes = new Map(indexes.map(([name, key]) => [name, { key, hashes: new Map() }]));
	}

	/** The JSON text of the record, unless it's past its end. */
	read(key: Key, now: number): string | undefined {
		const row = this.rows.get(keyText(this.collection, key));
		return row && this.isLive(row, now) ? row.stored.text : undefined;
	}

	apply({ key, existed, after }: Effect): void {
		const text = keyText(this.collection, key);
		const before = this.rows.get(text);
		const row = after && { seq: existed !== false && before ? before.seq : ++this.newest, stored: after };
		for (const { key: index, hashes } of this.indexes.values()) {
			if (before && !(row && samePlace(index, before, row))) leave(index, hashes, before);
			if (row && hasPlace(index, row)) enter(index, hashes, row);
		}
		if (row) this.rows.set(text, row);
		else this.rows.delete(text);
		if (row && row.seq !== before?.seq && this.collection.feed) this.inserted.push({ seq: row.seq, key: text });
	}

	/** The JSON texts of a page. Throws `invalid_query`. */
	query(query: Query, now: number): TextPage {
		const checked = checkQuery(this.collection, query);
		const after = this.decode(checked, query.cursor);
		const rows = this.indexes.get(query.index ?? "")?.hashes.get(query.hash);
		const texts: string[] = [];
		let last: Position | undefined;
		for (const row of rows?.scan(checked, after) ?? []) {
			if (!this.isLive(row, now)) continue;
			if (texts.length === checked.limit && last) return { texts, cursor: encodeCursor(checked.place, last) };
			texts.push(row.stored.text);
			last = rows?.position(row);
		}
		return { texts };
	}

	/** The JSON texts of records inserted after the one with this number, and the number to continue from. */
	insertedAfter(seq: number, limit: number, now: number): { texts: string[]; last: number } {
		const current = ({ key }: Insertion) => this.rows.get(key);
		if (this.inserted.length > 2 * this.rows.size + 1_000) {
			this.inserted = this.inserted.filter((each) => current(each)?.seq === each.seq);
		}
		const texts: string[] = [];
		let last = seq;
		for (
			let i = firstIndex(this.inserted, (row) => row.seq > seq);
			i < this.inserted.length && texts.length < limit;
			i++
		) {
			const inserted = this.inserted[i];
			if (!inserted) break;
			last = inserted.seq;
			const row = current(inserted);
			if (row?.seq === inserted.seq && this.isLive(row, now)) texts.push(row.stored.text);
		}
		return { texts, last };
	}

	private isLive(row: Row, now: number): boolean {
		const { expires } = this.collection;
		return expires === undefined || !isPast(row.stored.declared[expires], now);
	}

	private decode({ key, place }: CheckedQuery, cursor: string | undefined): Position | undefined {
		if (cursor === undefined) return undefined;
		const [at = "", seq = 0] = decodeCursor(place, cursor, [key.range?.type ?? "string", "number"]);
		return [at, Number(seq)];
	}
}

function hasPlace({ hash, range }: KeyDeclaration, { stored: { declared } }: Row): boolean {
	return declared[hash] !== undefined && (range === undefined || declared[range.field] !== undefined);
}

function samePlace({ hash, range }: KeyDeclaration, a: Row, b: Row): boolean {
	const [one, other] = [a.stored.declared, b.stored.declared];
	return a.seq === b.seq && one[hash] === other[hash] && (!range || one[range.field] === other[range.field]);
}

function enter({ hash, range }: KeyDeclaration, hashes: Map<string, SortedRows>, row: Row): void {
	const value = String(row.stored.declared[hash]);
	const rows = hashes.get(value) ?? new SortedRows(range?.field);
	hashes.set(value, rows);
	rows.set(row);
}

function leave({ hash }: KeyDeclaration, hashes: Map<string, SortedRows>, row: Row): void {
	const value = String(row.stored.declared[hash]);
	const rows = hashes.get(value);
	rows?.remove(row);
	if (rows?.size === 0) hashes.delete(value);
}
