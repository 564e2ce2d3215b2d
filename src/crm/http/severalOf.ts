import * as z from "zod/mini";

/** A field of a query that may be given several times: `skill=a&skill=b`. */
export function severalOf<S extends z.ZodMiniType>(one: S) {
	return z.union([
		z.array(one).check(z.maxLength(20)),
		z.pipe(
			one,
			z.transform((value: z.output<S>) => [value]),
		),
	]);
}
