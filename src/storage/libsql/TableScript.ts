import type { PreparedWrite } from "../evaluate.js";
import type { KeyPart } from "../key.js";
import type { Stored } from "../record.js";
import type { AnyCollection, Condition } from "../Storage.js";
import { column, indexName, isClustered, keyColumns, keyFields, otherFields, tableName } from "./columns.js";

/** A row of a statement, as SQL. */
export interface ScriptRow {
	readonly statement: ScriptStatement;
	readonly text: string;
}

/** A statement that writes any number of rows. */
export interface ScriptStatement {
	/** The rows as SQL, each `(value,…)`. */
	of(rows: readonly string[]): string;
}

/** Longer records are bound: a statement's length has a limit. */
const LONGEST_TEXT = 32_000;
/** A field's name that needs no escape in a path. */
const PLAIN = /^\w+$/;

/** Says the writes of one collection in SQL, where they need nothing read. */
export class TableScript {
	private readonly fields: readonly string[];
	private readonly insert: ScriptStatement;
	private readonly upsert: ScriptStatement;
	private readonly remove: ScriptStatement;
	/** By the field that must be a number. */
	private readonly updates = new Map<string, ScriptStatement>();

	constructor(private readonly collection: AnyCollection) {
		const table = tableName(collection);
		const keys = keyColumns(collection.key);
		const others = [...otherFields(collection).keys()].map(column);
		const into = `INSERT INTO ${table} (${["data", ...others, ...keys].join(", ")}) VALUES `;
		const given = ["data", ...others].map((name) => `${name} = excluded.${name}`).join(", ");
		this.fields = [...otherFields(collection).keys(), ...keyFields(collection)];
		this.insert = { of: (rows) => into + rows.join() };
		this.upsert = { of: (rows) => `${into}${rows.join()} ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${given}` };
		this.remove = { of: (rows) => `DELETE FROM ${table} WHERE (${keys.join(", ")}) IN (VALUES ${rows.join()})` };
	}

	/**
	 * The write as a row of one of the statements here; undefined if it can't be said so. A statement breaks a constraint if
	 * one of its rows doesn't find what its write demands.
	 */
	row({ key, condition, action }: PreparedWrite): ScriptRow | undefined {
		// What lies there past its end would have to be looked at.
		if (this.collection.expires !== undefined) return undefined;
		if ("delete" in action) {
			const text = condition === undefined ? rowOf(key) : undefined;
			return text === undefined ? undefined : { statement: this.remove, text };
		}
		if (!("put" in action) || action.put.text.length > LONGEST_TEXT) return undefined;
		if (condition === undefined) return this.put(this.upsert, action.put);
		// A feed has the order of the insertions: all of them are made by one statement.
		if (condition === "absent") return this.collection.feed ? undefined : this.put(this.insert, action.put);
		const number = numberIn(condition);
		return number && this.put(this.updateIf(number.field), action.put, number.value);
	}

	private put(statement: ScriptStatement, { text, declared }: Stored, ...more: number[]): ScriptRow | undefined {
		const values: (KeyPart | undefined)[] = [text];
		for (const field of this.fields) values.push(declared[field]);
		const row = rowOf([...values, ...more]);
		return row === undefined ? undefined : { statement, text: row };
	}

	/** Its rows end with the number that the field must be. */
	private updateIf(field: string): ScriptStatement {
		const known = this.updates.get(field);
		if (known) return known;
		const { collection, fields } = this;
		const table = tableName(collection);
		const [others, keys] = [[...otherFields(collection).keys()].map(column), keyColumns(collection.key)];
		const set = ["data", ...others].map((name, i) => `${name} = given.column${i + 1}`).join(", ");
		const isKey = keys.map((name, i) => `${table}.${name} = given.column${2 + others.length + i}`).join(" AND ");
		const number = `json_extract(${table}.data, '$.${field}') = given.column${fields.length + 2}`;
		const isNumber = `json_type(${table}.data, '$.${field}') IN ('integer', 'real')`;
		const index = isClustered(collection) ? "" : ` INDEXED BY ${indexName(collection, collection.key)}`;
		const statement = {
			of: (rows: readonly string[]) =>
				`UPDATE ${table}${index} SET ${set} FROM (VALUES ${rows.join()}) AS given WHERE ${isKey} AND ${isNumber} AND ${number};${demandChanges(rows.length)}`,
		};
		this.updates.set(field, statement);
		return statement;
	}
}

/** Breaks a constraint, a name without a key, unless the statement before it changed so many rows. */
function demandChanges(rows: number): string {
	return `INSERT INTO collections (name, key) SELECT '', NULL WHERE changes() <> ${rows}`;
}

/** What a condition demands, if it's that one plainly named field of the record is this number. */
function numberIn(condition: Exclude<Condition, "absent">): { field: string; value: number } | undefined {
	const [test, ...others] = condition;
	if (!test || others.length > 0 || !("eq" in test)) return undefined;
	const { path, eq } = test;
	return typeof path === "string" && typeof eq === "number" && PLAIN.test(path)
		? { field: path, value: eq }
		: undefined;
}

/** Undefined if a value can't be said in SQL exactly. */
function rowOf(values: readonly (KeyPart | undefined)[]): string | undefined {
	let row = "";
	for (const value of values) {
		const text = value === undefined ? "NULL" : typeof value === "number" ? numeral(value) : literal(value);
		if (text === undefined) return undefined;
		row += row ? `,${text}` : `(${text}`;
	}
	return `${row})`;
}

/** SQLite reads a fraction less exactly than it binds it. */
function numeral(value: number): string | undefined {
	return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** A script ends at a NUL. */
function literal(value: string): string | undefined {
	if (value.includes("\0")) return undefined;
	return value.includes("'") ? `'${value.replaceAll("'", "''")}'` : `'${value}'`;
}
