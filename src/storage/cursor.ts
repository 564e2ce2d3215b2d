import { RouterError } from "../protocol/errors.js";
import type { KeyPart } from "./key.js";
import type { AnyCollection, KeyType } from "./Storage.js";

/** A cursor for the positions of one place (a collection, an index, a feed): opaque to who gets it, safe in a URL. */
export function encodeCursor(place: string, position: readonly KeyPart[]): string {
	return Buffer.from(JSON.stringify([place, ...position])).toString("base64url");
}

/**
 * The position in a cursor of this place. Its parts must have these types; without `types`, there may be any number of
 * them. Throws `invalid_query` for anything else.
 */
export function decodeCursor(place: string, cursor: string, types?: readonly KeyType[]): KeyPart[] {
	const [found, ...position] = parts(cursor);
	const fits = !types || (position.length === types.length && types.every((type, i) => typeof position[i] === type));
	if (found === place && fits) return position;
	throw new RouterError("invalid_query", "The cursor is malformed, or of another query.");
}

/** What the cursors of a collection's feed belong to. Throws `invalid_query` if it was declared without one. */
export function feedPlace(collection: AnyCollection): string {
	if (collection.feed) return `${collection.name}/feed/`;
	throw new RouterError("invalid_query", `The collection "${collection.name}" isn't declared with \`feed\`.`);
}

function parts(cursor: string): KeyPart[] {
	try {
		const decoded: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
		if (Array.isArray(decoded) && decoded.every((part) => typeof part === "string" || typeof part === "number")) {
			return decoded;
		}
	} catch {
		// Not JSON: malformed, as the caller says.
	}
	return [];
}
