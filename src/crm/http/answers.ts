import type * as z from "zod/mini";

export type AnswerKind = "one" | "many" | "lines" | "none";

/** What a route answers. The schema is its documentation, and the client's type. */
export interface Answer<T = unknown, K extends AnswerKind = AnswerKind> {
	readonly kind: K;
	readonly schema?: z.ZodMiniType<T>;
}

export type ContentOf<A extends Answer> = A extends Answer<infer T, "one"> ? T : never;

/** `{ data }`. With a `rev` in it, `ETag` is that. */
export function one<T>(schema: z.ZodMiniType<T>): Answer<T, "one"> {
	return { kind: "one", schema };
}

/** `{ data: […], nextCursor }`; without `nextCursor` the list is at its end. */
export function many<T>(schema: z.ZodMiniType<T>): Answer<T, "many"> {
	return { kind: "many", schema };
}

/** What is saved as a file: a line of JSON after another, made as it's read. */
export interface Download<T> {
	readonly fileName: string;
	/** What is thrown before the first line is an error like any other; later, the answer is cut short. */
	readonly lines: AsyncIterable<T>;
}

/** NDJSON: each line is one of these. */
export function lines<T>(schema: z.ZodMiniType<T>): Answer<T, "lines"> {
	return { kind: "lines", schema };
}

/** 204, without a body. */
export const none: Answer<never, "none"> = { kind: "none" };
