import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";

/** Where a page begins: at a place, and behind what an earlier page had. */
export interface Begin {
	readonly at?: string;
	readonly cursor?: string;
}

const notEmpty = z.string().check(z.minLength(1));
const begin = atFirstUse(() => z.strictObject({ at: z.optional(z.string()), cursor: z.optional(notEmpty) }));
const group = atFirstUse(() => z.tuple([z.int().check(z.minimum(0)), z.nullable(notEmpty)]));

/** Where a page of a word's places begins; those are what `prefix` begins. Throws `invalid_query`. */
export function beginIn(from: string, prefix: string): Begin {
	const found = begin().safeParse(jsonIn(from));
	if (found.success && (found.data.at === undefined || found.data.at.startsWith(prefix))) return found.data;
	throw malformed();
}

/** In which of the groups a page begins, and behind what. Throws `invalid_query`. */
export function groupIn(from: string): [at: number, cursor: string | undefined] {
	const found = group().safeParse(jsonIn(from));
	if (!found.success) throw malformed();
	const [at, behind] = found.data;
	return [at, behind ?? undefined];
}

function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw malformed();
	}
}

function malformed(): RouterError {
	return new RouterError("invalid_query", "The cursor is malformed, or of another query.");
}
