import { decodeCursor, encodeCursor } from "../cursor.js";
import { compareKeys, type KeyPart } from "../key.js";
import { type Bound, type CheckedQuery, checkQuery } from "../query.js";
import type { Fields } from "../record.js";
import type { AnyCollection, Key, Query } from "../Storage.js";
import type { TextPage } from "../TextStorage.js";
import type { Connection, Value } from "./Connection.js";
import { column, indexName, isClustered, isLive, liveAt, selectByKey, tableName } from "./columns.js";

/** Reads the records of one collection, from its table (see schema.ts). Times are in ms. */
export class LibsqlTable {
	private readonly connection: Connection;
	private readonly collection: AnyCollection;
	private readonly isClustered: boolean;
	/** The number of the row's insertion, where it has one. */
	private readonly seq: "seq" | "0";
	private readonly live: string;
	private readonly select: string;

	constructor(connection: Connection, collection: AnyCollection) {
		this.connection = connection;
		this.collection = collection;
		this.isClustered = isClustered(collection);
		this.seq = this.isClustered ? "0" : "seq";
		this.live = isLive(collection);
		this.select = selectByKey(collection);
	}

	/** The JSON text of the record, unless it's past its end. */
	read(key: Key, now: number): string | undefined {
		const row = this.connection.get(this.select, ...key, ...liveAt(this.collection, now));
		return row && String(row[0]);
	}

	/** Throws `invalid_query`. */
	query(query: Query, now: number): TextPage {
		const checked = checkQuery(this.collection, query);
		const { key, place, limit, descending } = checked;
		const conditions = [`${column(key.hash)} = ?`];
		const values: Value[] = [query.hash];
		for (const [sql, ...bound] of this.restrictions(checked, query.cursor)) {
			conditions.push(sql);
			values.push(...bound);
		}
		const order = [...(key.range ? [column(key.range.field)] : []), ...(this.isClustered ? [] : ["seq"])]
			.map((name) => `${name} ${descending ? "DESC" : "ASC"}`)
			.join(", ");
		const table = tableName(this.collection);
		const source = this.isClustered ? table : `${table} INDEXED BY ${indexName(this.collection, key)}`;
		const rows = this.connection.all(
			`SELECT data, ${this.seq} FROM ${source} WHERE ${conditions.join(" AND ")}${this.live} ORDER BY ${order} LIMIT ?`,
			...values,
			...liveAt(this.collection, now),
			limit + 1,
		);
		const texts = rows.slice(0, limit).map(([data]) => String(data));
		const last = rows[limit - 1];
		if (rows.length <= limit || !last) return { texts };
		// From the JSON: libsql cuts a text column short at a NUL.
		const at = key.range ? (JSON.parse(String(last[0])) as Fields)[key.range.field] : "";
		return { texts, cursor: encodeCursor(place, [at as KeyPart, Number(last[1])]) };
	}

	/** The JSON texts of records inserted after the one with this number, and the number to continue from. */
	insertedAfter(seq: number, limit: number, now: number): { texts: string[]; last: number } {
		const rows = this.connection.all(
			`SELECT data, seq FROM ${tableName(this.collection)} WHERE seq > ?${this.live} ORDER BY seq LIMIT ?`,
			seq,
			...liveAt(this.collection, now),
			limit,
		);
		return { texts: rows.map(([data]) => String(data)), last: Number(rows.at(-1)?.[1] ?? seq) };
	}

	/** What restricts the range field, as SQL with its values. A cursor is within its query's bounds and replaces one. */
	private *restrictions({ key, place, descending, lower, upper }: CheckedQuery, cursor: string | undefined) {
		const name = key.range && column(key.range.field);
		const side = descending ? upper : lower;
		let reached: readonly [KeyPart, number] | undefined;
		if (cursor !== undefined) {
			const [at = "", seq = 0] = decodeCursor(place, cursor, [key.range?.type ?? "string", "number"]);
			const within = !side || (descending ? compareKeys(at, side.value) <= 0 : compareKeys(at, side.value) >= 0);
			if (within) reached = [at, Number(seq)];
		}
		// Says that the partial index has all the rows.
		if (name) yield [`${name} IS NOT NULL`] as const;
		if (name && lower && !(reached && !descending)) yield bound(name, ">", lower);
		if (name && upper && !(reached && descending)) yield bound(name, "<", upper);
		if (!reached) return;
		const [at, seq] = reached;
		const than = descending ? "<" : ">";
		if (name) yield [`${name} ${than}= ? AND (${name} ${than} ? OR ${this.seq} ${than} ?)`, at, at, seq] as const;
		else yield [`${this.seq} ${than} ?`, seq] as const;
	}
}

function bound(name: string, than: "<" | ">", { value, inclusive }: Bound) {
	return [`${name} ${than}${inclusive ? "=" : ""} ?`, value] as const;
}
