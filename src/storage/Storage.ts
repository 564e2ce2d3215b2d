/**
 * Where records are kept. An adapter implements *collections* once; which collections there are is declared as data
 * (`defineCollection`), so an adapter knows nothing of sessions or messages.
 * Every sentence here is a case of the exported suite, `storageSuite` in `stentor-chat-router/testing`.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json | undefined };

/**
 * The types a key field may have. Key strings have 1 to 1,024 bytes of UTF-8 and are ordered by them; numbers are finite.
 */
export type KeyType = "string" | "number";

export interface KeyDeclaration {
	/** A string field: records with the same value lie together. */
	readonly hash: string;
	/** Orders the records of one hash. Without it there's one record a hash. */
	readonly range?: { readonly field: string; readonly type: KeyType };
}

export interface Collection<R extends object = Record<string, Json>> {
	readonly name: string;
	readonly key: KeyDeclaration;
	/** A record that lacks an index's fields isn't in that index; where it has them, they have a key field's type. */
	readonly indexes?: { readonly [index: string]: KeyDeclaration };
	/**
	 * The field that holds when a record ends, in epoch *seconds*; what's no number never comes. A record past its end is
	 * gone for every call, at once.
	 */
	readonly expires?: string;
	/** Insertions into this collection can be read by `feed`. */
	readonly feed?: boolean;
	/** Only for the types: the record's shape. */
	readonly record?: R;
}

/** A collection where its record's shape doesn't matter. */
export type AnyCollection = Omit<Collection, "record">;

/** A record's key: its hash, and its range where the collection declares one. */
export type Key = readonly [hash: string] | readonly [hash: string, range: string | number];

/** A field, or a field inside a field. */
export type Path = string | readonly [field: string, nested: string];

/** What a field must be. An absent record is a record without fields. */
export type Test =
	| { readonly path: Path; readonly eq: string | number | boolean | null }
	| { readonly path: Path; readonly exists: boolean }
	/** The field is absent, or a number smaller than this one. */
	| { readonly path: Path; readonly below: number };

/** All tests must hold; `"absent"`: there's no record of this key (one past its end counts as none). */
export type Condition = "absent" | readonly Test[];

/** Key fields can't be changed, and no path may be at or inside another one of the change; otherwise `invalid_path`. */
export interface Change {
	/** The parent of a nested path must be there as an object; otherwise `invalid_path`. */
	readonly set?: readonly (readonly [Path, Json])[];
	/**
	 * Adds to a number, exactly where both are whole; an absent field counts as 0, anything else is an `invalid_path`.
	 * The parent is as with `set`.
	 */
	readonly add?: readonly (readonly [Path, number])[];
	/** Removing what isn't there is fine; the parent is as with `set`. */
	readonly remove?: readonly Path[];
}

export type Write =
	| { readonly put: AnyCollection; readonly record: object; readonly if?: Condition }
	| { readonly update: AnyCollection; readonly key: Key; readonly change: Change; readonly if?: Condition }
	| { readonly delete: AnyCollection; readonly key: Key; readonly if?: Condition }
	| { readonly check: AnyCollection; readonly key: Key; readonly if: Condition };

/** Restricts the range field. Bounds of `between` are part of it, the lower one first. */
export type Range =
	| { readonly eq: string | number }
	| { readonly after: string | number }
	| { readonly from: string | number }
	| { readonly before: string | number }
	| { readonly to: string | number }
	| { readonly between: readonly [string | number, string | number] }
	| { readonly prefix: string };

export interface Query {
	readonly hash: string;
	/** Default: the collection's own key, which is read consistently. An index may lag behind what was written. */
	readonly index?: string;
	readonly range?: Range;
	/** By the range field. Default `"asc"`. */
	readonly order?: "asc" | "desc";
	/** 1 to 1,000, default 100. A page may be shorter although more follows: only an absent `cursor` says the end. */
	readonly limit?: number;
	/** Where an earlier page of the same query ended. */
	readonly cursor?: string;
}

export interface Page<R> {
	readonly records: R[];
	readonly cursor?: string;
}

/**
 * Records are JSON objects: what is read equals what was written and shares nothing with it; fields that are
 * `undefined` are dropped, `null`, `""`, `{}` and `[]` stay what they are. A record may have up to 380,000 bytes
 * as JSON; a larger one is refused with `record_too_large`, one that grows by `update` at 400 KB at the latest. Numbers
 * are doubles.
 * Failures are `RouterError`s (protocol/errors.ts): `condition_failed` (a `ConditionFailed`: nothing was written, and it
 * holds the records that stood in the way), `record_too_large`, `invalid_path`, `invalid_query` (a malformed cursor,
 * limit, key, index field or transaction), `storage_unavailable` (try again; whether it was written is unknown).
 */
export interface Storage {
	/** How many writes a transaction may have: at least 10. */
	readonly maxWrites: number;
	/** The record of this key as the newest finished write left it, or undefined. */
	get<R extends object>(collection: Collection<R>, key: Key): Promise<R | undefined>;
	/** Up to 100 keys, each once; the answer has their order, undefined for what isn't there. */
	batchGet<R extends object>(collection: Collection<R>, keys: readonly Key[]): Promise<(R | undefined)[]>;
	/** Writes the whole record, in place of the one with its key. */
	put<R extends object>(collection: Collection<R>, record: R, condition?: Condition): Promise<void>;
	/** Changes the record, or makes one of this key where there's none; answers the record as it then is. */
	update<R extends object>(collection: Collection<R>, key: Key, change: Change, condition?: Condition): Promise<R>;
	/** Deleting what isn't there is fine. */
	delete<R extends object>(collection: Collection<R>, key: Key, condition?: Condition): Promise<void>;
	query<R extends object>(collection: Collection<R>, query: Query): Promise<Page<R>>;
	/** 1 to `maxWrites` writes to different records: all happen at once, or none does. */
	transact(writes: readonly Write[]): Promise<void>;
	/**
	 * Insertions into a collection declared with `feed`, each at least once, those of one hash in the order of their
	 * commits: the record as it was inserted, or as it is now; one deleted since may be missing. Without `from` it starts
	 * at the oldest kept; the answer's cursor continues, also in another process. It may be the very object that was put:
	 * neither that nor what a feed gives is to be changed.
	 */
	feed<R extends object>(
		collection: Collection<R>,
		from: string | undefined,
		limit: number,
	): Promise<{ records: R[]; cursor: string }>;
	/** Waits for writes under way and closes what this adapter opened. */
	close(): Promise<void>;
}

/** Gives a collection its record's type; the fields named as keys must be fields of that record. */
export function defineCollection<R extends object>(declaration: Omit<Collection<R>, "record">): Collection<R> {
	return declaration;
}
