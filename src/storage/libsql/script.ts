import type { PreparedWrite } from "../evaluate.js";
import { keyText } from "../key.js";
import type { AnyCollection } from "../Storage.js";
import type { ScriptRow, ScriptStatement, TableScript } from "./TableScript.js";

/** A transaction's writes, and the same as SQL if they need nothing read. */
export interface Scriptable {
	readonly writes: readonly PreparedWrite[];
	readonly rows: readonly ScriptRow[] | undefined;
}

/**
 * How long a statement may get, in characters: libsql copies what is left of a script for each statement, and its thread
 * and this one slow down where a script is longer than about twice this.
 */
const STATEMENT_LENGTH = 64_000;

export function scriptable(
	writes: readonly PreparedWrite[],
	scriptOf: (collection: AnyCollection) => TableScript,
): Scriptable {
	const rows: ScriptRow[] = [];
	for (const write of writes) {
		const row = scriptOf(write.collection).row(write);
		if (!row) return { writes, rows: undefined };
		rows.push(row);
	}
	return { writes, rows };
}

/**
 * Which of these transactions one script can write before all others are done in their order, so that it can't be told
 * from doing all in theirs: no record is written twice by it, and none of a hash that one left before it writes.
 */
export function divide<T extends Scriptable>(transactions: readonly T[]): { together: T[]; after: T[] } {
	const together: T[] = [];
	const after: T[] = [];
	const written = new Set<string>();
	const left = new Set<string>();
	for (const transaction of transactions) {
		const { writes, rows } = transaction;
		const records = writes.map(({ collection, key }) => keyText(collection, key));
		const hashes = () => writes.map(({ collection, key: [hash] }) => `${collection.name} ${hash}`);
		const isFirst = !records.some((record) => written.has(record));
		if (rows && isFirst && (left.size === 0 || !hashes().some((hash) => left.has(hash)))) {
			for (const record of records) written.add(record);
			together.push(transaction);
		} else {
			for (const hash of hashes()) left.add(hash);
			after.push(transaction);
		}
	}
	return { together, after };
}

/** SQL that writes these, the rows of one statement in their order; in parts, to be executed one after the other. */
export function scriptOf(transactions: readonly Scriptable[]): string[] {
	const gathered = new Map<ScriptStatement, string[][]>();
	const lengths = new Map<ScriptStatement, number>();
	for (const { statement, text } of transactions.flatMap(({ rows = [] }) => rows)) {
		const length = (lengths.get(statement) ?? STATEMENT_LENGTH) + text.length;
		const groups = gathered.get(statement) ?? [];
		if (groups.length === 0) gathered.set(statement, groups);
		if (length > STATEMENT_LENGTH) groups.push([text]);
		else groups.at(-1)?.push(text);
		lengths.set(statement, length > STATEMENT_LENGTH ? text.length : length);
	}
	const parts: string[] = [];
	let part = "";
	for (const [statement, groups] of gathered) {
		for (const rows of groups) {
			const sql = `${statement.of(rows)};`;
			if (part && part.length + sql.length > STATEMENT_LENGTH) {
				parts.push(part);
				part = "";
			}
			part += sql;
		}
	}
	return [...parts, part];
}
