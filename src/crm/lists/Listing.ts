import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";

/** Which part of a list is asked for. */
export const listPart = atFirstUse(() =>
	z.strictObject({
		/** How many records at most. */
		limit: z._default(z.int().check(z.minimum(1), z.maximum(100)), 50),
		/** The `nextCursor` of the page before; it belongs to the same filter. */
		cursor: z.optional(nonEmpty(2_000)),
	}),
);
export type ListPart = z.input<ReturnType<typeof listPart>>;

/** A page may be shorter than its limit although more follows: only an absent `nextCursor` says the end. */
export interface Listing<T> {
	readonly items: readonly T[];
	readonly nextCursor?: string;
}

/** Where a record stands in a list by time: `<ISO 8601>/<id>`, so that no two stand at one place. */
export function placeAt(timeMs: number, id: string): string {
	return `${new Date(timeMs).toISOString()}/${id}`;
}

const PLACE = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z\/./;

export function cursorOf(place: string): string {
	return Buffer.from(place).toString("base64url");
}

/** The place in a cursor. Throws `invalid_query` for what isn't one. */
export function placeOf(cursor: string): string {
	const place = Buffer.from(cursor, "base64url").toString();
	if (PLACE.test(place)) return place;
	throw new RouterError("invalid_query", "The cursor is malformed, or of another list.");
}
