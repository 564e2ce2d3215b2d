import { RouterError } from "../protocol/errors.js";
import type { AnyCollection, Key, KeyDeclaration, KeyType } from "./Storage.js";

/** The value of a key field. */
export type KeyPart = string | number;

/** How many bytes of UTF-8 a key string may have. */
export const MAX_KEY_BYTES = 1_024;

/** Orders two values of one key field: numbers by size, strings by their UTF-8 bytes. */
export function compareKeys(a: KeyPart, b: KeyPart): number {
	if (a === b) return 0;
	if (typeof a !== "string" || typeof b !== "string") return a < b ? -1 : 1;
	const shared = Math.min(a.length, b.length);
	for (let i = 0; i < shared; i++) {
		const x = a.charCodeAt(i);
		const y = b.charCodeAt(i);
		if (x !== y) return codePointOrder(x) - codePointOrder(y);
	}
	return a.length - b.length;
}

/** UTF-8 orders by code point; UTF-16 has surrogates, which stand for the highest ones, below U+E000. */
function codePointOrder(unit: number): number {
	if (unit < 0xd800) return unit;
	return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Throws `invalid_query` unless the value may be the value of a key field of this type. */
export function checkKeyPart(field: string, type: KeyType, value: unknown): asserts value is KeyPart {
	if (type === "number") {
		if (typeof value === "number" && Number.isFinite(value)) return;
		throw new RouterError("invalid_query", `The key field "${field}" must be a finite number.`);
	}
	if (typeof value !== "string" || value === "") {
		throw new RouterError("invalid_query", `The key field "${field}" must be a string that's not empty.`);
	}
	// A UTF-16 unit becomes 3 bytes at most, so that only long strings are measured.
	if (value.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(value) > MAX_KEY_BYTES) {
		throw new RouterError("invalid_query", `The key field "${field}" has more than ${MAX_KEY_BYTES} bytes.`);
	}
	// Half of a character has no UTF-8 bytes of its own: two such keys would become one.
	if (!value.isWellFormed()) {
		throw new RouterError("invalid_query", `The key field "${field}" isn't well-formed Unicode.`);
	}
}

/** Throws `invalid_query` unless the key has just the parts that the collection declares. */
export function checkKey(collection: AnyCollection, key: Key): void {
	const { hash, range } = collection.key;
	if (!Array.isArray(key) || key.length !== (range ? 2 : 1)) {
		throw new RouterError("invalid_query", `A key of "${collection.name}" has ${range ? "two parts" : "one part"}.`);
	}
	checkKeyPart(hash, "string", key[0]);
	if (range) checkKeyPart(range.field, range.type, key[1]);
}

/** The record's own key. Throws `invalid_query` if a field of it is missing or malformed. */
export function keyOf(collection: AnyCollection, record: object): Key {
	const { hash, range } = collection.key;
	const fields = record as Record<string, unknown>;
	const first = fields[hash];
	checkKeyPart(hash, "string", first);
	if (!range) return [first as string];
	const second = fields[range.field];
	checkKeyPart(range.field, range.type, second);
	return [first as string, second];
}

/** One text for each record there can be in any collection. */
export function keyText(collection: AnyCollection, key: Key): string {
	const [hash, range] = key;
	return `${collection.name}:${hash.length}:${hash}${range === undefined ? "" : `${typeof range}:${range}`}`;
}

/** Throws `invalid_query` unless these are up to 100 well-formed keys, each once. */
export function checkBatch(collection: AnyCollection, keys: readonly Key[]): void {
	for (const key of keys) checkKey(collection, key);
	if (keys.length > 100 || new Set(keys.map((key) => keyText(collection, key))).size !== keys.length) {
		throw new RouterError("invalid_query", "A batch has up to 100 keys, each once.");
	}
}

/** The collection's own key, or the key of one of its indexes. Throws `invalid_query` if it has no such index. */
export function keyDeclaration(collection: AnyCollection, index: string | undefined): KeyDeclaration {
	if (index === undefined) return collection.key;
	const { indexes = {} } = collection;
	const declaration = Object.hasOwn(indexes, index) ? indexes[index] : undefined;
	if (declaration) return declaration;
	throw new RouterError("invalid_query", `The collection "${collection.name}" has no index "${index}".`);
}

/** The error for a collection that the storage was opened without. */
export function undeclared(collection: AnyCollection): RouterError {
	return new RouterError("invalid_query", `The storage was opened without the collection "${collection.name}".`);
}
