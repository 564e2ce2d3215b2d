import type { Collection, Storage } from "../../storage/Storage.js";
import { cursorOf, type Listing, placeOf } from "./Listing.js";

/** One list that lies in several places: a hot key's records are spread over shards, and a filter may span several keys. */
export interface Merging<R extends object> {
	readonly collection: Collection<R>;
	readonly index: string;
	readonly hashes: readonly string[];
	/** The index's range field: a place (see `placeAt`). */
	readonly place: (record: R) => string;
	/** Leaves out what the index can't tell apart. */
	readonly keep?: (record: R) => boolean;
}

/** How many records are looked at for one page: with a filter that fits few, the page is shorter. */
const EXAMINED = 1_000;

interface Source<R> {
	readonly hash: string;
	records: R[];
	/** After which place the next ones are read. */
	before: string | undefined;
	more: boolean;
}

/** The newest records of all places after `cursor`, the newest first. */
export async function mergedPage<R extends object>(
	storage: Storage,
	merging: Merging<R>,
	{ limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Listing<R>> {
	const { hashes, place, keep } = merging;
	const before = cursor === undefined ? undefined : placeOf(cursor);
	const sources = hashes.map((hash): Source<R> => ({ hash, records: [], before, more: true }));
	// Somewhat more than its share: most often no place is read twice.
	const share = Math.min(limit, Math.ceil((2 * limit) / hashes.length) + 2);
	const items: R[] = [];
	let last = "";
	for (let examined = 0; items.length < limit && examined < EXAMINED; examined++) {
		const empty = sources.filter(({ records, more }) => records.length === 0 && more);
		if (empty.length > 0) await Promise.all(empty.map((source) => fill(storage, merging, source, share)));
		const source = newest(sources, place);
		const record = source?.records.shift();
		if (!record) return { items };
		last = place(record);
		if (!keep || keep(record)) items.push(record);
	}
	const more = sources.some((source) => source.records.length > 0 || source.more);
	return more ? { items, nextCursor: cursorOf(last) } : { items };
}

/** Reads on until there's a record, or none is left. */
async function fill<R extends object>(
	storage: Storage,
	{ collection, index, place }: Merging<R>,
	source: Source<R>,
	limit: number,
): Promise<void> {
	let cursor: string | undefined;
	do {
		const range = source.before === undefined ? undefined : { before: source.before };
		const page = await storage.query(collection, { index, hash: source.hash, range, order: "desc", limit, cursor });
		cursor = page.cursor;
		source.records = page.records;
	} while (source.records.length === 0 && cursor !== undefined);
	const last = source.records.at(-1);
	if (last) source.before = place(last);
	source.more = cursor !== undefined;
}

function newest<R>(sources: readonly Source<R>[], place: (record: R) => string): Source<R> | undefined {
	let found: { source: Source<R>; at: string } | undefined;
	for (const source of sources) {
		const first = source.records[0];
		if (!first) continue;
		const at = place(first);
		if (!found || at > found.at) found = { source, at };
	}
	return found?.source;
}
