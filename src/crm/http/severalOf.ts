import * as z from "zod";

/** A field of a query that may be given several times: `skill=a&skill=b`. */
export function severalOf<S extends z.ZodType>(one: S) {
	return z.union([z.array(one).max(20), one.transform((value) => [value])]);
}
