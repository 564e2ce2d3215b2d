import { defineCollection } from "../Storage.js";

/** A word of a text. The same record for each of its words, so that one that's found by a word tells all the others. */
export interface WordRecord {
	/** `<scope>/<the word's first two letters>`. */
	bucket: string;
	/** `<word>/<time, the newest first>/<group>/<number>`. */
	place: string;
	group: string;
	number: number;
	words: readonly string[];
}

/** What is indexed of a text, to remove it by, and to search in few groups. */
export interface TextRecord {
	group: string;
	number: number;
	scope: string;
	timeMs: number;
	words: readonly string[];
}

export const textWords = defineCollection<WordRecord>({
	name: "textWords",
	key: { hash: "bucket", range: { field: "place", type: "string" } },
});

export const indexedTexts = defineCollection<TextRecord>({
	name: "indexedTexts",
	key: { hash: "group", range: { field: "number", type: "number" } },
});

/** A storage that holds a `WordTextIndex` is opened with these. */
export const wordCollections = [textWords, indexedTexts] as const;

export function bucketOf(scope: string, word: string): string {
	return `${scope}/${[...word].slice(0, 2).join("")}`;
}

/** The newest first: what is left of the time until then. */
const LAST_MS = 10 ** 14 - 1;

export function placeOf(
	word: string,
	{ timeMs, group, number }: Pick<TextRecord, "timeMs" | "group" | "number">,
): string {
	return `${word}/${String(LAST_MS - timeMs).padStart(14, "0")}/${group}/${number}`;
}
