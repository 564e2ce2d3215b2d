import type * as z from "zod";

/** What a route answers. The schema is its documentation, and the client's type. */
export interface Answer<T = unknown, K extends "one" | "many" | "none" = "one" | "many" | "none"> {
	readonly kind: K;
	readonly schema?: z.ZodType<T>;
}

export type ContentOf<A extends Answer> = A extends Answer<infer T, "one"> ? T : never;

/** `{ data }`. With a `rev` in it, `ETag` is that. */
export function one<T>(schema: z.ZodType<T>): Answer<T, "one"> {
	return { kind: "one", schema };
}

/** `{ data: […], nextCursor }`; without `nextCursor` the list is at its end. */
export function many<T>(schema: z.ZodType<T>): Answer<T, "many"> {
	return { kind: "many", schema };
}

/** 204, without a body. */
export const none: Answer<never, "none"> = { kind: "none" };
