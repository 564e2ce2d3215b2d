import type { AnyCollection, KeyDeclaration, KeyType } from "../Storage.js";

/** Names and types of what a collection has in SQL: a table, and a column for each field that it declares. */

export function quote(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

export function tableName({ name }: AnyCollection): string {
	return quote(`c_${name}`);
}

export function column(field: string): string {
	return quote(`f_${field}`);
}

/** The columns of a key, in the order of its index. */
export function keyColumns({ hash, range }: KeyDeclaration): string[] {
	return range ? [column(hash), column(range.field)] : [column(hash)];
}

/**
 * Whether the table is ordered by the key itself, which spares an index beside it: for records that are only ever found
 * by their key. Long ones without a range (a session) are better off in the order of their insertion.
 */
export function isClustered({ key, indexes, expires, feed }: AnyCollection): boolean {
	return key.range !== undefined && indexes === undefined && expires === undefined && !feed;
}

/** Whether the number of a row that's inserted where there was none is told, for the feed. */
export function isNumbered({ feed, expires }: AnyCollection): boolean {
	return feed === true && expires === undefined;
}

/** Whether its hash alone says which record is meant, and none ends by itself: what was read stays so until it's written. */
export function isFoundByHash({ key, expires }: AnyCollection): boolean {
	return key.range === undefined && expires === undefined;
}

/** Named by what it holds: an index that was declared anew is another one. */
export function indexName({ name, key }: AnyCollection, declaration: KeyDeclaration): string {
	const kind = declaration === key ? "key" : "index";
	return quote(
		[`c_${name}`, kind, declaration.hash, ...(declaration.range ? [declaration.range.field] : [])].join(":"),
	);
}

export function expiryIndexName({ name }: AnyCollection, expires: string): string {
	return quote(`c_${name}:expires:${expires}`);
}

/** The fields of the collection's key. */
export function keyFields({ key }: AnyCollection): string[] {
	return key.range ? [key.hash, key.range.field] : [key.hash];
}

/** The declared fields that aren't part of the key, with their types. */
export function otherFields(collection: AnyCollection): Map<string, KeyType> {
	const fields = new Map<string, KeyType>();
	for (const { hash, range } of Object.values(collection.indexes ?? {})) {
		fields.set(hash, "string");
		if (range) fields.set(range.field, range.type);
	}
	if (collection.expires !== undefined) fields.set(collection.expires, "number");
	for (const field of keyFields(collection)) fields.delete(field);
	return fields;
}

export function sqlType(type: KeyType): string {
	return type === "string" ? "TEXT" : "REAL";
}

/** ` AND` that the row isn't past its end, with `liveAt` to bind; empty where rows don't end. */
export function isLive({ expires }: AnyCollection): string {
	return expires === undefined ? "" : ` AND (${column(expires)} IS NULL OR ${column(expires)} > ?)`;
}

/** What `isLive` is to be given; `now` is in ms. */
export function liveAt({ expires }: AnyCollection, now: number): number[] {
	return expires === undefined ? [] : [now / 1000];
}

/** The live record of a key. */
export function selectByKey(collection: AnyCollection): string {
	const isKey = keyColumns(collection.key).map((name) => `${name} = ?`);
	return `SELECT data FROM ${tableName(collection)} WHERE ${isKey.join(" AND ")}${isLive(collection)}`;
}
