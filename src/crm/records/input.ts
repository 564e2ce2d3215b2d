import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import { safeParse } from "../../protocol/safeParse.js";

/** How many bytes of JSON an object of the caller's own fields may have. */
const OWN_FIELDS_BYTES = 4_096;

/** A text that holds something else than blanks. */
export function text(longest: number) {
	return z.string().check(z.trim(), z.minLength(1), z.maxLength(longest));
}

export const emailAddress = atFirstUse(() => z.pipe(z.string().check(z.trim(), z.maxLength(254)), z.email()));

/** Kept as given, each once; the same tag in capitals is the same tag. */
export const tagList = atFirstUse(() => z.pipe(z.array(text(50)).check(z.maxLength(20)), z.transform(withoutRepeated)));

/** Fields that only the caller understands. */
export const ownFields = atFirstUse(() =>
	z.record(text(100), z.json()).check(
		z.refine((fields) => Buffer.byteLength(JSON.stringify(fields)) <= OWN_FIELDS_BYTES, {
			error: `has more than ${OWN_FIELDS_BYTES} bytes as JSON`,
		}),
	),
);

/** What a caller asks for, checked. Throws `invalid_input`, naming each field that's wrong. */
export function parseInput<S extends z.ZodMiniType>(schema: S, input: unknown): z.output<S> {
	const parsed = safeParse(schema, input);
	if (parsed.success) return parsed.data;
	const wrong = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`);
	throw new RouterError("invalid_input", `${wrong.join("; ")}.`, { cause: parsed.error });
}

function withoutRepeated(tags: string[]): string[] {
	return [...new Map(tags.map((tag) => [tag.toLowerCase(), tag])).values()];
}
