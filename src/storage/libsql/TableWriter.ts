import type { Effect } from "../evaluate.js";
import type { Stored } from "../record.js";
import type { AnyCollection, Key } from "../Storage.js";
import type { Connection, Value } from "./Connection.js";
import {
	column,
	expiryIndexName,
	keyColumns,
	keyFields,
	liveAt,
	otherFields,
	selectByKey,
	tableName,
} from "./columns.js";

interface Statements {
	readonly select: string;
	readonly insert: string;
	readonly insertAbsent: string;
	readonly upsert: string;
	readonly update: string;
	/** Only if a field is this number. */
	readonly updateIf: string;
	readonly delete: string;
	/** Absent where records don't end. */
	readonly purge?: string;
}

/** Writes the records of one collection, inside transactions. */
export class TableWriter {
	private readonly statements: Statements;
	private readonly fields: readonly string[];

	constructor(
		private readonly connection: Connection,
		private readonly collection: AnyCollection,
	) {
		this.statements = statementsOf(collection);
		// The key comes last, where UPDATE has its condition.
		this.fields = [...otherFields(collection).keys(), ...keyFields(collection)];
	}

	/** The JSON text of the record, unless it's past its end (`now` is in ms), with what has been written before. */
	read(key: Key, now: number): string | undefined {
		const row = this.connection.get(this.statements.select, ...key, ...liveAt(this.collection, now));
		return row && String(row[0]);
	}

	/** Answers the row's number, where it has one; undefined if there was one of this key. */
	insertAbsent(stored: Stored): number | undefined {
		return this.connection.insert(this.statements.insertAbsent, stored.text, ...this.values(stored));
	}

	/** Replaces the record if its field is this number; answers whether it was. */
	updateIf(stored: Stored, field: string, number: number): boolean {
		const path = `$.${JSON.stringify(field)}`;
		return this.connection.run(this.statements.updateIf, stored.text, ...this.values(stored), path, path, number) > 0;
	}

	delete(key: Key): void {
		this.connection.run(this.statements.delete, ...key);
	}

	apply({ key, existed, after }: Effect): void {
		const { insert, update, upsert } = this.statements;
		if (!after) this.delete(key);
		else
			this.connection.run(
				existed === undefined ? upsert : existed ? update : insert,
				after.text,
				...this.values(after),
			);
	}

	/** Removes up to `limit` rows past their end; answers how many. */
	purge(now: number, limit: number): number {
		const { purge } = this.statements;
		return purge === undefined ? 0 : this.connection.run(purge, now / 1000, limit);
	}

	private values({ declared }: Stored): Value[] {
		return this.fields.map((field) => declared[field] ?? null);
	}
}

function statementsOf(collection: AnyCollection): Statements {
	const { key, expires } = collection;
	const table = tableName(collection);
	const others = ["data", ...[...otherFields(collection).keys()].map(column)];
	const keys = keyColumns(key);
	const columns = [...others, ...keys];
	const isKey = keys.map((name) => `${name} = ?`).join(" AND ");
	const values = `INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
	const given = others.map((name) => `${name} = excluded.${name}`).join(", ");
	return {
		select: selectByKey(collection),
		// REPLACE: a row past its end may lie there still; its place is taken under a new number.
		insert: expires === undefined ? `INSERT ${values}` : `INSERT OR REPLACE ${values}`,
		insertAbsent: `INSERT ${values} ON CONFLICT DO NOTHING`,
		upsert: `INSERT ${values} ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${given}`,
		update: `UPDATE ${table} SET ${others.map((name) => `${name} = ?`).join(", ")} WHERE ${isKey}`,
		updateIf: `UPDATE ${table} SET ${others.map((name) => `${name} = ?`).join(", ")} WHERE ${isKey} AND json_type(data, ?) IN ('integer', 'real') AND json_extract(data, ?) = ?`,
		delete: `DELETE FROM ${table} WHERE ${isKey}`,
		...(expires !== undefined && {
			purge: `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} INDEXED BY ${expiryIndexName(collection, expires)} WHERE ${column(expires)} <= ? LIMIT ?)`,
		}),
	};
}
