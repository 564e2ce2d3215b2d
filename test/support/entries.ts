import { defineCollection } from "../../src/storage/Storage.js";

export interface Entry {
	session: string;
	seq: number;
	kind?: string;
	text?: string;
	endsAt?: number;
}

/** A log: with a feed, an index and an end. */
export const ENTRIES = defineCollection<Entry>({
	name: "entries",
	key: { hash: "session", range: { field: "seq", type: "number" } },
	indexes: { byKind: { hash: "kind", range: { field: "seq", type: "number" } } },
	expires: "endsAt",
	feed: true,
});
