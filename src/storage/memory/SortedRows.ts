import { compareKeys, type KeyPart } from "../key.js";
import type { CheckedQuery } from "../query.js";
import type { Stored } from "../record.js";

/** A record, and its number in the order of insertions. */
export interface Row {
	readonly seq: number;
	readonly stored: Stored;
}

/** Where a row is among its like: the value of the range field, then the order of insertions. */
export type Position = readonly [at: KeyPart, seq: number];

/** The rows of one hash of one index, in order: found by halving, appended at the end without moving anything. */
export class SortedRows {
	private readonly rows: Row[] = [];
	private readonly range: string | undefined;

	/** `range`: the field that orders the rows; without it the order of insertions does. */
	constructor(range: string | undefined) {
		this.range = range;
	}

	get size(): number {
		return this.rows.length;
	}

	position(row: Row): Position {
		return [this.at(row), row.seq];
	}

	/** Adds the row, or puts it in the place of the one with its position. */
	set(row: Row): void {
		const index = this.indexOf(row);
		const same = this.rows[index]?.seq === row.seq;
		if (index === this.rows.length) this.rows.push(row);
		else this.rows.splice(index, same ? 1 : 0, row);
	}

	remove(row: Row): void {
		const index = this.indexOf(row);
		if (this.rows[index]?.seq === row.seq) this.rows.splice(index, 1);
	}

	/** The rows of a query, from behind `after` on. */
	*scan({ lower, upper, descending }: CheckedQuery, after: Position | undefined): Generator<Row> {
		let start = 0;
		let end = this.rows.length;
		if (lower)
			start = firstIndex(this.rows, (row) => compareKeys(this.at(row), lower.value) > (lower.inclusive ? -1 : 0));
		if (upper)
			end = firstIndex(this.rows, (row) => compareKeys(this.at(row), upper.value) > (upper.inclusive ? 0 : -1));
		if (after && descending)
			end = Math.min(
				end,
				firstIndex(this.rows, (row) => this.compare(row, after) >= 0),
			);
		else if (after)
			start = Math.max(
				start,
				firstIndex(this.rows, (row) => this.compare(row, after) > 0),
			);
		for (let i = descending ? end - 1 : start; i >= start && i < end; i += descending ? -1 : 1) {
			const row = this.rows[i];
			if (row) yield row;
		}
	}

	private at(row: Row): KeyPart {
		return this.range === undefined ? "" : (row.stored.declared[this.range] ?? "");
	}

	private compare(row: Row, [at, seq]: Position): number {
		return compareKeys(this.at(row), at) || row.seq - seq;
	}

	private indexOf(row: Row): number {
		const last = this.rows.at(-1);
		const position = this.position(row);
		if (last === undefined || this.compare(last, position) < 0) return this.rows.length;
		return firstIndex(this.rows, (other) => this.compare(other, position) >= 0);
	}
}

/** The first row for which `test` holds, as it must for all behind that; halves its way there. */
export function firstIndex<T>(rows: readonly T[], test: (row: T) => boolean): number {
	let low = 0;
	let high = rows.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		const row = rows[middle];
		if (row && test(row)) high = middle;
		else low = middle + 1;
	}
	return low;
}
