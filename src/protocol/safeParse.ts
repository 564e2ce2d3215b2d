import * as z from "zod";

/**
 * What a stranger gave, as `schema` makes it, or what is wrong with it; never throws, whatever was given. The schema's own
 * `safeParse` does: it compares the `length` of what isn't even a text, and an object there can't become a number.
 */
export function safeParse<S extends z.ZodType>(schema: S, given: unknown): z.ZodSafeParseResult<z.output<S>> {
	try {
		return schema.safeParse(given);
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		return z.never({ error: "has a field of a wrong type" }).safeParse(given);
	}
}
