import { defineCollection, type Json } from "../../storage/Storage.js";

/** Work that goes on until it's done, whatever happens to the process that has it in hand. */
export interface JobRecord {
	/** `<topic>/<app>/<kind>/<subject>`: there's one of a kind for a subject. */
	job: string;
	/** `<topic>/<app>`. */
	scope: string;
	kind: string;
	/** What it's done to: an id. */
	subject: string;
	/** When it's to be gone on with, epoch milliseconds. */
	at: number;
	/** Epoch milliseconds. */
	startedAt: number;
	/** How often it has failed since it last went on. */
	failures: number;
	/** What it has to know. Ids and numbers, nothing of what people said or are called. */
	data?: { readonly [field: string]: Json };
}

export const jobs = defineCollection<JobRecord>({
	name: "jobs",
	key: { hash: "job" },
	indexes: { due: { hash: "scope", range: { field: "at", type: "number" } } },
});

export const jobCollections = [jobs] as const;
