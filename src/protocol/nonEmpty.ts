import * as z from "zod/mini";

/** A text of one character at least, and of `longest` at most. */
export function nonEmpty(longest: number) {
	return z.string().check(z.minLength(1), z.maxLength(longest));
}
