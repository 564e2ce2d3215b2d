import { RouterError } from "../protocol/errors.js";
import { checkKeyPart, type KeyPart, keyOf } from "./key.js";
import type { AnyCollection, Json, Key, KeyDeclaration } from "./Storage.js";

/** How many bytes a record may have as JSON. */
export const MAX_RECORD_BYTES = 380_000;

/** A parsed record. */
export interface Fields {
	[field: string]: Json | undefined;
}

/** A record as an adapter keeps it: its JSON text, and beside it the fields that the collection declares. */
export interface Stored {
	readonly key: Key;
	readonly text: string;
	/** The fields of its key and its indexes, and when it ends; those that the record has. */
	readonly declared: Readonly<Record<string, KeyPart>>;
}

/** Encodes a record. Throws `invalid_query` for a malformed key or index field, `record_too_large`. */
export function encodeRecord(collection: AnyCollection, record: object): Stored {
	const text = JSON.stringify(record);
	checkRecordSize(collection, text);
	const declared: Record<string, KeyPart> = {};
	const key = keyOf(collection, record);
	const { hash, range } = collection.key;
	declared[hash] = key[0];
	if (range && key[1] !== undefined) declared[range.field] = key[1];
	if (collection.indexes) for (const index of Object.values(collection.indexes)) collectKey(index, record, declared);
	if (collection.expires !== undefined) {
		const end = (record as Fields)[collection.expires];
		if (typeof end === "number" && Number.isFinite(end)) declared[collection.expires] = end;
	}
	return { key, text, declared };
}

/** Throws `record_too_large` if the record's JSON text has too many bytes. */
export function checkRecordSize(collection: AnyCollection, text: string): void {
	// A UTF-16 unit becomes 3 bytes at most, so that only long texts are measured.
	if (text.length * 3 <= MAX_RECORD_BYTES || Buffer.byteLength(text) <= MAX_RECORD_BYTES) return;
	throw new RouterError(
		"record_too_large",
		`A record of "${collection.name}" has ${Buffer.byteLength(text)} bytes as JSON; ${MAX_RECORD_BYTES} is the most.`,
	);
}

/** Whether a record that ends at this time (epoch seconds; anything else than a number: never) is gone at `now` (ms). */
export function isPast(end: unknown, now: number): boolean {
	return typeof end === "number" && end <= now / 1000;
}

/** Whether the record is past its end at `now` (ms), and so counts as absent. */
export function isExpired(collection: AnyCollection, record: object, now: number): boolean {
	return collection.expires !== undefined && isPast((record as Fields)[collection.expires], now);
}

function collectKey({ hash, range }: KeyDeclaration, record: object, into: Record<string, KeyPart>): void {
	const fields = record as Fields;
	const first = fields[hash];
	if (first !== undefined) {
		checkKeyPart(hash, "string", first);
		into[hash] = first;
	}
	if (!range) return;
	const second = fields[range.field];
	if (second !== undefined) {
		checkKeyPart(range.field, range.type, second);
		into[range.field] = second;
	}
}
