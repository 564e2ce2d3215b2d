import { decodeCursor, encodeCursor } from "../cursor.js";
import type { Effect } from "../evaluate.js";
import { compareKeys, type KeyPart } from "../key.js";
import { type Bound, type CheckedQuery, checkQuery } from "../query.js";
import type { Fields, Stored } from "../record.js";
import type { AnyCollection, Key, Query } from "../Storage.js";
import type { TextPage } from "../TextStorage.js";
import type { Connection, Value } from "./Connection.js";
import { column, expiryIndexName, indexName, keyColumns, keyFields, otherFields, tableName } from "./columns.js";

/** The records of one collection, in its table (see schema.ts). Times are in ms. */
export class LibsqlTable {
	private readonly connection: Connection;
	private readonly collection: AnyCollection;
	private readonly fields: readonly string[];
	/** ` AND` that the row isn't past its end, with the time in seconds to bind; empty where rows don't end. */
	private readonly live: string;
	private readonly select: string;
	private readonly insert: string;
	private readonly update: string;
	private readonly delete: string;

	constructor(connection: Connection, collection: AnyCollection) {
		const { key, expires } = collection;
		const table = tableName(collection);
		const others = [...otherFields(collection).keys()];
		this.connection = connection;
		this.collection = collection;
		this.fields = [...others, ...keyFields(collection)];
		this.live = expires === undefined ? "" : ` AND (${column(expires)} IS NULL OR ${column(expires)} > ?)`;
		const isKey = keyColumns(key)
			.map((name) => `${name} = ?`)
			.join(" AND ");
		const columns = ["data", ...this.fields.map(column)];
		this.select = `SELECT data FROM ${table} WHERE ${isKey}${this.live}`;
		// REPLACE: a row past its end may lie there still; its place is taken under a new number.
		this.insert = `INSERT OR REPLACE INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
		const assignments = ["data", ...others.map(column)].map((name) => `${name} = ?`).join(", ");
		this.update = `UPDATE ${table} SET ${assignments} WHERE ${isKey}`;
		this.delete = `DELETE FROM ${table} WHERE ${isKey}`;
	}

	/** The JSON text of the record, unless it's past its end. */
	read(key: Key, now: number): string | undefined {
		const row = this.connection.get(this.select, ...key, ...this.time(now));
		return row && String(row[0]);
	}

	apply({ key, existed, after }: Effect): void {
		if (!after) this.connection.run(this.delete, ...key);
		else this.connection.run(existed ? this.update : this.insert, after.text, ...this.values(after));
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
		const order = [...(key.range ? [column(key.range.field)] : []), "seq"]
			.map((name) => `${name} ${descending ? "DESC" : "ASC"}`)
			.join(", ");
		const rows = this.connection.all(
			`SELECT data, seq FROM ${tableName(this.collection)} INDEXED BY ${indexName(this.collection, key)} WHERE ${conditions.join(" AND ")}${this.live} ORDER BY ${order} LIMIT ?`,
			...values,
			...this.time(now),
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
			...this.time(now),
			limit,
		);
		return { texts: rows.map(([data]) => String(data)), last: Number(rows.at(-1)?.[1] ?? seq) };
	}

	/** Removes up to `limit` rows past their end; answers how many. */
	purge(now: number, limit: number): number {
		const { expires } = this.collection;
		if (expires === undefined) return 0;
		const table = tableName(this.collection);
		const index = expiryIndexName(this.collection, expires);
		return this.connection.run(
			`DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} INDEXED BY ${index} WHERE ${column(expires)} <= ? LIMIT ?)`,
			now / 1000,
			limit,
		);
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
		if (name) yield [`${name} ${than}= ? AND (${name} ${than} ? OR seq ${than} ?)`, at, at, seq] as const;
		else yield [`seq ${than} ?`, seq] as const;
	}

	private time(now: number): number[] {
		return this.live === "" ? [] : [now / 1000];
	}

	/** In the order of `#fields`: the key comes last, where UPDATE has its condition. */
	private values({ declared }: Stored): Value[] {
		return this.fields.map((field) => declared[field] ?? null);
	}
}

function bound(name: string, than: "<" | ">", { value, inclusive }: Bound) {
	return [`${name} ${than}${inclusive ? "=" : ""} ?`, value] as const;
}
