import * as z from "zod";

/** The query of a list: what it's filtered by, and which part of it is asked for. */
export function listQuery<S extends z.core.$ZodShape>(filter: S) {
	return z.strictObject({
		...filter,
		limit: z.coerce
			.number<number>()
			.int()
			.min(1)
			.max(100)
			.optional()
			.meta({ description: "How many at most. Default 50." }),
		cursor: z
			.string()
			.min(1)
			.max(2_000)
			.optional()
			.meta({ description: "The `nextCursor` of the page before; it belongs to the same filter." }),
	});
}
