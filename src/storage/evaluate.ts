import { ConditionFailed, RouterError } from "../protocol/errors.js";
import { applyChange, checkChange } from "./change.js";
import { holds } from "./condition.js";
import { checkKey, keyText } from "./key.js";
import { encodeRecord, type Fields, type Stored } from "./record.js";
import type { AnyCollection, Change, Condition, Key, Write } from "./Storage.js";

/** A write that was found well-formed and shares nothing with its caller. */
export interface PreparedWrite {
	readonly collection: AnyCollection;
	readonly key: Key;
	readonly condition: Condition | undefined;
	readonly action:
		| {
				readonly put: Stored;
				/** What the caller gave. Where its collection has a feed, nobody may change it from then on. */
				readonly record?: object;
		  }
		| { readonly update: Change }
		| { readonly delete: true }
		| { readonly check: true };
}

/** What a write does to its record once its condition has held. */
export interface Effect {
	readonly collection: AnyCollection;
	readonly key: Key;
	/** Whether there was a live record before; undefined where it makes no difference, and nobody looked. */
	readonly existed: boolean | undefined;
	/** The record from now on; undefined: there's none. */
	readonly after: Stored | undefined;
}

/** Prepares the writes of one transaction. Throws `invalid_query`, `invalid_path`, `record_too_large`. */
export function prepareWrites(writes: readonly Write[], maxWrites: number): PreparedWrite[] {
	const prepared = writes.map(prepareWrite);
	const records = new Set(prepared.map(({ collection, key }) => keyText(collection, key)));
	if (prepared.length < 1 || prepared.length > maxWrites || records.size !== prepared.length) {
		throw new RouterError("invalid_query", `A transaction has 1 to ${maxWrites} writes, to different records.`);
	}
	return prepared;
}

/** Prepares a single write. Throws `invalid_query`, `invalid_path`, `record_too_large`. */
export function prepareWrite(write: Write): PreparedWrite {
	const condition = write.if === undefined || write.if === "absent" ? write.if : write.if.map((test) => ({ ...test }));
	if ("put" in write) {
		const stored = encodeRecord(write.put, write.record);
		return { collection: write.put, key: stored.key, condition, action: { put: stored, record: write.record } };
	}
	const collection = "update" in write ? write.update : "delete" in write ? write.delete : write.check;
	checkKey(collection, write.key);
	const key: Key = [...write.key];
	if ("update" in write) {
		checkChange(collection, write.change);
		return { collection, key, condition, action: { update: copy(write.change) } };
	}
	return { collection, key, condition, action: "delete" in write ? { delete: true } : { check: true } };
}

/**
 * Tests all conditions, then works out what the writes do; writes nothing itself. `read` gives the JSON text of a live
 * record. Throws `ConditionFailed`, `invalid_path`, `record_too_large`.
 */
export function evaluate(
	writes: readonly PreparedWrite[],
	read: (collection: AnyCollection, key: Key) => string | undefined,
): Effect[] {
	const texts = writes.map((write) => (needsRecord(write) ? read(write.collection, write.key) : undefined));
	const failed = new Map<number, object | undefined>();
	writes.forEach(({ condition }, i) => {
		const text = texts[i];
		if (condition === undefined || (condition === "absent" && text === undefined)) return;
		const record = parse(text);
		if (!holds(condition, record)) failed.set(i, record);
	});
	if (failed.size > 0) throw new ConditionFailed(failed);
	return writes.flatMap((write, i) => {
		const { collection, key, action } = write;
		if ("check" in action) return [];
		const existed = needsRecord(write) ? texts[i] !== undefined : undefined;
		const after =
			"delete" in action
				? undefined
				: "put" in action
					? action.put
					: changed(collection, key, action.update, parse(texts[i]));
		return { collection, key, existed, after };
	});
}

/** The texts of the records that were updated, in the order of the writes. */
export function updatedTexts(writes: readonly PreparedWrite[], effects: readonly Effect[]): string[] {
	const updates = new Set(writes.flatMap(({ action, key }) => ("update" in action ? [key] : [])));
	return effects.flatMap(({ key, after }) => (after && updates.has(key) ? [after.text] : []));
}

/** One past its end may lie in the place of a new record, which then counts as inserted. */
function needsRecord({ collection, condition, action }: PreparedWrite): boolean {
	return condition !== undefined || "update" in action || ("put" in action && collection.expires !== undefined);
}

function changed(collection: AnyCollection, key: Key, change: Change, before: Fields | undefined): Stored {
	const record = before ?? fieldsOf(collection, key);
	applyChange(record, change);
	return encodeRecord(collection, record);
}

function fieldsOf(collection: AnyCollection, [hash, range]: Key): Fields {
	const declared = collection.key.range;
	return { [collection.key.hash]: hash, ...(declared && { [declared.field]: range }) };
}

function parse(text: string | undefined): Fields | undefined {
	return text === undefined ? undefined : (JSON.parse(text) as Fields);
}

function copy<T>(value: T): T {
	return JSON.parse(JSON.stringify(value)) as T;
}
