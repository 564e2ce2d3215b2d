import type * as z from "zod/mini";
import type { ErrorCode } from "../../protocol/errors.js";
import type { Actor } from "../access/Actor.js";
import type { Subject } from "../access/authorise.js";
import type { Action, OpenAction } from "../access/permissions.js";
import type { Listing } from "../lists/Listing.js";
import type { Answer, ContentOf, Download } from "./answers.js";

export type Method = "get" | "post" | "put" | "delete";

/** The parameters in a path: `/customers/:id` has `id`. */
export type ParamsOf<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
	? { [K in Name | keyof ParamsOf<Rest>]: string }
	: P extends `${string}:${infer Name}`
		? { [K in Name]: string }
		: Record<never, never>;

/** What a route is asked, checked. */
export interface Asked<Who = Actor, Params = unknown, Query = unknown, Body = unknown> {
	readonly app: string;
	/** Who asks; undefined on open routes. */
	readonly actor: Who;
	/** When what they came with ends, in epoch seconds; undefined: it doesn't by itself. */
	readonly until?: number;
	readonly params: Params;
	readonly query: Query;
	readonly body: Body;
	/** The `rev` that `If-Match` demands; undefined: any. */
	readonly rev: number | undefined;
	/** Where the request comes from, as far as that can be trusted. */
	readonly address: string;
	/** What the log has the request under. */
	readonly requestId: string;
	/**
	 * For what is made: the same when the request is sent again with its `Idempotency-Key`, also after a crash. Empty where
	 * the method is `get`, which makes nothing.
	 */
	readonly newId: string;
}

/** For lists: whose each item is. Those that the actor may not see are left out. */
export interface Each<T> {
	each(item: T): Subject;
}

/** What decides whether the actor may: the record that's touched, or each of those that are listed. */
export type Touches<Q, T> = ((asked: Q) => Subject | Promise<Subject>) | Each<T>;

type Content<T extends Answer> = ContentOf<T>;
type Handled<T extends Answer> =
	T extends Answer<infer S, "many">
		? Listing<S>
		: T extends Answer<infer S, "lines">
			? Download<S>
			: T extends Answer<never, "none">
				? unknown
				: Content<T>;
type Item<T extends Answer> = T extends Answer<infer S, "many"> ? S : never;
type WhoOf<A> = A extends OpenAction ? undefined : Actor;

/** A route of the API. */
export interface RouteDefinition<
	M extends Method,
	P extends string,
	A extends Action | OpenAction,
	Q extends z.ZodMiniType,
	B extends z.ZodMiniType,
	T extends Answer,
	S extends number,
	R,
> {
	readonly method: M;
	/** Below `/api`, with `:name` for ids. */
	readonly path: P;
	/** What is done: its row in the table of permissions says who may. Open actions need nobody to be somebody. */
	readonly action: A;
	readonly operationId: string;
	/** One line of the documentation; `description` is for what doesn't show. */
	readonly summary: string;
	readonly description?: string;
	/** Strict objects: unknown fields are refused. Default: nothing is taken. */
	readonly query?: Q;
	readonly body?: B;
	/** See `answers.ts`. */
	readonly answer: T;
	/** Default 200; 204 where there's no content. */
	readonly status?: S;
	/** Where what was made can be read, below `/api`. */
	readonly location?: (content: Content<T>) => string;
	/** Codes of errors besides those that every route has. */
	readonly throws?: readonly ErrorCode[];
	/** Whether `Idempotency-Key` is heeded: the answer is kept, encrypted, for a day. */
	readonly idempotent?: boolean;
	/** Whether `If-Match` is heeded. */
	readonly conditional?: boolean;
	/** The code by which customers are told that a record which isn't theirs doesn't exist. Default: by the subject's kind. */
	readonly unknown?: ErrorCode;
	/** Reads the record first, where it takes the record to tell whose it is. */
	record?(asked: Asked<WhoOf<A>, ParamsOf<P>, z.output<Q>, z.output<B>>): Promise<R> | R;
	/** Left out on open routes only. */
	readonly touches: A extends OpenAction
		? undefined
		: Touches<Asked<WhoOf<A>, ParamsOf<P>, z.output<Q>, z.output<B>> & { readonly record: R }, Item<T>>;
	handle(
		asked: Asked<WhoOf<A>, ParamsOf<P>, z.output<Q>, z.output<B>> & { readonly record: R },
	): Promise<Handled<T>> | Handled<T>;
}

/** A route whose types don't matter. */
export interface AnyRoute {
	readonly method: Method;
	readonly path: string;
	readonly action: Action | OpenAction;
	readonly operationId: string;
	readonly summary: string;
	readonly description?: string;
	readonly query?: z.ZodMiniType;
	readonly body?: z.ZodMiniType;
	readonly answer: Answer;
	readonly status?: number;
	readonly throws?: readonly ErrorCode[];
	readonly idempotent?: boolean;
	readonly conditional?: boolean;
	readonly unknown?: ErrorCode;
	location?(content: unknown): string;
	record?(asked: Asked<Actor | undefined>): unknown;
	readonly touches?: Touches<Asked<Actor | undefined> & { readonly record: unknown }, unknown>;
	handle(asked: Asked<Actor | undefined> & { readonly record: unknown }): unknown;
}

/** A route as it's served, with what the typed client is told of it. */
export interface Route<M extends Method, P extends string, Input, Output, S extends number> extends AnyRoute {
	readonly method: M;
	readonly path: P;
	/** Only for the types. */
	readonly types?: { readonly input: Input; readonly output: Output; readonly status: S };
}

/** Headers that a request may have. */
export interface RequestHeaders {
	readonly header?: { readonly "If-Match"?: string; readonly "Idempotency-Key"?: string };
}

type Nothing = Record<never, never>;
type InputOf<P extends string, Q, B> = RequestHeaders &
	(keyof ParamsOf<P> extends never ? Nothing : { param: ParamsOf<P> }) &
	([Q] extends [never] ? Nothing : Nothing extends Q ? { query?: Q } : { query: Q }) &
	([B] extends [never] ? Nothing : { json: B });
type OutputOf<T extends Answer> =
	T extends Answer<infer S, "many">
		? { data: readonly S[]; nextCursor?: string }
		: T extends Answer<never, "none">
			? null
			: T extends Answer<unknown, "lines">
				? string
				: { data: Content<T> };

/** Defines a route. It can't be without an action, nor without saying whose record it touches. */
export function route<
	const M extends Method,
	const P extends string,
	const A extends Action | OpenAction,
	T extends Answer,
	const S extends number = 200,
	Q extends z.ZodMiniType = z.ZodMiniNever,
	B extends z.ZodMiniType = z.ZodMiniNever,
	R = undefined,
>(
	definition: RouteDefinition<M, P, A, Q, B, T, S, R>,
): Route<M, P, InputOf<P, z.input<Q>, z.input<B>>, OutputOf<T>, S> {
	return definition as unknown as Route<M, P, InputOf<P, z.input<Q>, z.input<B>>, OutputOf<T>, S>;
}

/** For actions that are done with the app as a whole. */
export function theApp({ app }: { readonly app: string }): Subject {
	return { kind: "app", app };
}
