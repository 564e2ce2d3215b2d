import { RouterError } from "../protocol/errors.js";
import { checkKeyPart, compareKeys, type KeyPart, keyDeclaration } from "./key.js";
import type { AnyCollection, KeyDeclaration, Query, Range } from "./Storage.js";

export interface Bound {
	readonly value: KeyPart;
	readonly inclusive: boolean;
}

/** A query that was found well-formed, with its defaults. */
export interface CheckedQuery {
	/** The key of the collection, or of the index that is read. */
	readonly key: KeyDeclaration;
	/** What its cursors belong to; see `encodeCursor`. */
	readonly place: string;
	readonly limit: number;
	readonly descending: boolean;
	/** The range condition as bounds; none for an open end. */
	readonly lower: Bound | undefined;
	readonly upper: Bound | undefined;
}

/** Throws `invalid_query` if index, hash, range or limit don't fit the collection. The cursor is left to the adapter. */
export function checkQuery(collection: AnyCollection, query: Query): CheckedQuery {
	const key = keyDeclaration(collection, query.index);
	checkKeyPart(key.hash, "string", query.hash);
	const limit = query.limit ?? 100;
	checkLimit(limit);
	const [lower, upper] = query.range ? bounds(key, query.range) : [];
	const place = `${collection.name}/${query.index ?? ""}`;
	return { key, place, limit, descending: query.order === "desc", lower, upper };
}

/** Throws `invalid_query` unless the limit is a whole number from 1 to 1,000. */
export function checkLimit(limit: number): void {
	if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return;
	throw new RouterError("invalid_query", "A limit is a whole number from 1 to 1,000.");
}

function bounds(key: KeyDeclaration, range: Range): [lower: Bound | undefined, upper: Bound | undefined] {
	const declared = key.range;
	if (!declared) throw new RouterError("invalid_query", `There's no range field beside "${key.hash}".`);
	const bound = (value: KeyPart, inclusive: boolean): Bound => {
		checkKeyPart(declared.field, declared.type, value);
		return { value, inclusive };
	};
	if ("eq" in range) return [bound(range.eq, true), bound(range.eq, true)];
	if ("after" in range) return [bound(range.after, false), undefined];
	if ("from" in range) return [bound(range.from, true), undefined];
	if ("before" in range) return [undefined, bound(range.before, false)];
	if ("to" in range) return [undefined, bound(range.to, true)];
	if ("between" in range) {
		const [low, high] = range.between;
		const both: [Bound, Bound] = [bound(low, true), bound(high, true)];
		if (compareKeys(low, high) <= 0) return both;
		throw new RouterError("invalid_query", "The first bound of `between` is above the second.");
	}
	if (declared.type !== "string") throw new RouterError("invalid_query", `"${declared.field}" has no prefixes.`);
	const end = afterPrefix(range.prefix);
	return [bound(range.prefix, true), end === undefined ? undefined : { value: end, inclusive: false }];
}

/** The first string, by UTF-8 bytes, that's after all strings with this prefix; undefined if there's none. */
function afterPrefix(prefix: string): string | undefined {
	const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
	while (points.at(-1) === 0x10ffff) points.pop();
	const last = points.pop();
	if (last === undefined) return undefined;
	return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
