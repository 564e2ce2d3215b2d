import { evaluate, type PreparedWrite, updatedTexts } from "../evaluate.js";
import type { AnyCollection, Test } from "../Storage.js";
import { isNumbered } from "./columns.js";
import type { TableWriter } from "./TableWriter.js";
import type { Done } from "./Writer.js";

type WriterOf = (collection: AnyCollection) => TableWriter;

/**
 * Carries out the writes of one transaction inside the database's (which may hold others), all or none; `now` is in ms.
 * What a statement can test while it writes isn't read before: most transactions read nothing.
 * Throws `ConditionFailed`, `invalid_path`, `record_too_large`.
 */
export function carryOut(writes: readonly PreparedWrite[], writerOf: WriterOf, now: number): Done {
	let inserted: number[] | undefined;
	const left = writes.map((write) => {
		const row = insert(write, writerOf);
		if (row === undefined) return write;
		if (isNumbered(write.collection)) {
			inserted ??= [];
			inserted.push(row);
		}
		return doneAlready(write);
	});
	try {
		updateLast(left, writerOf);
		const effects = evaluate(left, (collection, key) => writerOf(collection).read(key, now));
		for (const effect of effects) writerOf(effect.collection).apply(effect);
		const updated = updatedTexts(writes, effects);
		return { inserted, updated: updated.length > 0 ? updated : undefined };
	} catch (error) {
		// Nothing was there in the place of what was inserted.
		for (const [i, { collection, key, condition }] of writes.entries()) {
			if (left[i] !== writes[i] && condition === "absent") writerOf(collection).delete(key);
		}
		throw error;
	}
}

/** Inserts at once what may only be inserted; answers the row's number, or undefined if it's there already. */
function insert({ collection, condition, action }: PreparedWrite, writerOf: WriterOf): number | undefined {
	if (condition !== "absent" || !("put" in action) || collection.expires !== undefined) return undefined;
	return writerOf(collection).insertAbsent(action.put);
}

/** Where all that's left to be tested is one number of a record to be replaced, the update itself tests it. */
function updateLast(writes: PreparedWrite[], writerOf: WriterOf): void {
	const [i, ...more] = writes.flatMap((write, index) => (mayFail(write) ? [index] : []));
	const write = i === undefined ? undefined : writes[i];
	if (i === undefined || more.length > 0 || !write || !("put" in write.action)) return;
	const { collection, condition, action } = write;
	const number = condition === "absent" ? undefined : numberIn(condition);
	if (!number || collection.expires !== undefined) return;
	if (writerOf(collection).updateIf(action.put, number.field, number.value)) writes[i] = doneAlready(write);
}

function mayFail({ condition, action }: PreparedWrite): boolean {
	return condition !== undefined || "update" in action;
}

/** What a condition demands, if it's that one field of the record is this number. */
function numberIn(condition: readonly Test[] = []): { field: string; value: number } | undefined {
	const [test, ...others] = condition;
	if (!test || others.length > 0 || !("eq" in test)) return undefined;
	const { path, eq } = test;
	return typeof path === "string" && typeof eq === "number" ? { field: path, value: eq } : undefined;
}

function doneAlready({ collection, key }: PreparedWrite): PreparedWrite {
	return { collection, key, condition: undefined, action: { check: true } };
}
