import * as z from "zod/mini";
import { nonEmpty } from "../../protocol/nonEmpty.js";

/** The query of a list: what it's filtered by, and which part of it is asked for. */
export function listQuery<S extends z.core.$ZodShape>(filter: S) {
	return z.strictObject({
		...filter,
		limit: z
			.optional(z.coerce.number<number>().check(z.int(), z.minimum(1), z.maximum(100)))
			.with(z.meta({ description: "How many at most. Default 50." })),
		cursor: z
			.optional(nonEmpty(2_000))
			.with(z.meta({ description: "The `nextCursor` of the page before; it belongs to the same filter." })),
	});
}
