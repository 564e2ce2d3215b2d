import type { AnyRoute, Route } from "./Route.js";

type InputOf<R> = R extends Route<infer _M, infer _P, infer I, infer _O, infer _S> ? I : never;
type OutputOf<R> = R extends Route<infer _M, infer _P, infer _I, infer O, infer _S> ? O : never;
type StatusOf<R> = R extends Route<infer _M, infer _P, infer _I, infer _O, infer S> ? S : never;

/** What Hono's client has to know of these routes. Errors aren't in it: they're all problems. */
export type SchemaOf<R extends AnyRoute> = {
	[P in R["path"] as `/api${P}`]: {
		[E in Extract<R, { path: P }> as `$${E["method"]}`]: {
			input: InputOf<E>;
			output: OutputOf<E>;
			outputFormat: OutputOf<E> extends string ? "text" : "json";
			status: StatusOf<E>;
		};
	};
};
