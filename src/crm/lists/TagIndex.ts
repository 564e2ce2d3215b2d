import { ConditionFailed } from "../../protocol/errors.js";
import { type Collection, defineCollection, type Storage } from "../../storage/Storage.js";
import { keyIn } from "../agents/records.js";
import { cursorOf, type Listing, placeOf } from "./Listing.js";

export interface TagRecord {
	/** `<topic>/<app>/<tag in small letters>`. */
	tag: string;
	/** Where the tagged record stands; see `placeAt`. */
	place: string;
	/** The tagged record's id. */
	id: string;
	/** The tagged record's `rev` with which it got the tag. */
	rev: number;
}

/** A collection that finds records of another one by their tags. */
export function tagCollection(name: string): Collection<TagRecord> {
	return defineCollection<TagRecord>({ name, key: { hash: "tag", range: { field: "place", type: "string" } } });
}

/** What a change of a record does to its tags. */
export interface Retagging {
	/** `<topic>/<app>`. */
	readonly scope: string;
	readonly id: string;
	/** Never changes, or its tags couldn't be found any more. */
	readonly place: string;
	/** The record's `rev` after the change. */
	readonly rev: number;
	readonly before: readonly string[];
	readonly after: readonly string[];
}

/**
 * Finds records by tag. A tag is entered before its record has it, and taken out after the record has lost it: so none is
 * ever missing, and one that's too many (after a crash) is left out by who reads the records.
 */
export class TagIndex {
	constructor(
		private readonly storage: Storage,
		private readonly collection: Collection<TagRecord>,
	) {}

	/** To be called before the record is changed. */
	async enter({ scope, id, place, rev, before, after }: Retagging): Promise<void> {
		const puts = missingIn(before, after).map((tag) =>
			this.storage.put(this.collection, { tag: keyIn(scope, tag), place, id, rev }, [{ path: "rev", below: rev }]),
		);
		await settledByNewer(puts);
	}

	/** To be called after the record was changed. */
	async leave({ scope, place, rev, before, after }: Retagging): Promise<void> {
		// One that a later change has entered again stays.
		const deletions = missingIn(after, before).map((tag) =>
			this.storage.delete(this.collection, [keyIn(scope, tag), place], [{ path: "rev", below: rev }]),
		);
		await settledByNewer(deletions);
	}

	/** The ids of records that have the tag, or had it lately; the newest first. */
	async ids(
		scope: string,
		tag: string,
		{ limit, cursor }: { readonly limit: number; readonly cursor?: string },
	): Promise<Listing<string>> {
		const range = cursor === undefined ? undefined : { before: placeOf(cursor) };
		const hash = keyIn(scope, tag.toLowerCase());
		const page = await this.storage.query(this.collection, { hash, range, order: "desc", limit });
		const items = page.records.map(({ id }) => id);
		const last = page.records.at(-1);
		return page.cursor !== undefined && last ? { items, nextCursor: cursorOf(last.place) } : { items };
	}
}

export function hasTag(tags: readonly string[] | undefined, tag: string): boolean {
	return tags?.some((each) => each.toLowerCase() === tag.toLowerCase()) ?? false;
}

/** The tags of `others`, in small letters, that `tags` hasn't. */
function missingIn(tags: readonly string[], others: readonly string[]): string[] {
	return others.filter((tag) => !hasTag(tags, tag)).map((tag) => tag.toLowerCase());
}

/** A condition that fails says that a newer change has been here. */
async function settledByNewer(writes: readonly Promise<void>[]): Promise<void> {
	for (const result of await Promise.allSettled(writes)) {
		if (result.status === "rejected" && !(result.reason instanceof ConditionFailed)) throw result.reason;
	}
}
