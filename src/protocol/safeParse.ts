import * as z from "zod/mini";
import { en } from "zod/v4/locales";
import { atFirstUse } from "./atFirstUse.js";
import { LIMITS } from "./limits.js";

/** What is wrong, in English: `zod/mini` has no sentences of its own, and a process's settings of it aren't a library's to make. */
const sentences = atFirstUse(() => ({ error: en().localeError }));

/**
 * What a stranger gave, as `schema` makes it, or what is wrong with it; never throws, whatever was given. The schema's own
 * `safeParse` does: it compares the `length` of what isn't even a text, and an object there can't become a number.
 */
export function safeParse<S extends z.ZodMiniType>(schema: S, given: unknown): z.util.SafeParseResult<z.output<S>> {
	const parsed = parsedBy(schema, given);
	if (parsed) return parsed;
	// Without what it stumbled over, the field is as wrong, and can be named.
	const named = parsedBy(schema, withoutLengths(given));
	return named?.success === false ? named : z.never({ error: "has a field of a wrong type" }).safeParse(given);
}

function parsedBy<S extends z.ZodMiniType>(schema: S, given: unknown): z.util.SafeParseResult<z.output<S>> | undefined {
	try {
		// Most is right, and is told nothing.
		const parsed = schema.safeParse(given);
		return parsed.success ? parsed : schema.safeParse(given, sentences());
	} catch (error) {
		if (error instanceof TypeError) return undefined;
		throw error;
	}
}

/** A copy in which no object has a `length` that's an object. */
function withoutLengths(value: unknown, depth = 1): unknown {
	if (typeof value !== "object" || value === null || depth > LIMITS.depth) return value;
	if (Array.isArray(value)) return value.map((each) => withoutLengths(each, depth + 1));
	const fields = Object.entries(value).filter(([name, field]) => name !== "length" || typeof field !== "object");
	return Object.fromEntries(fields.map(([name, field]) => [name, withoutLengths(field, depth + 1)]));
}
