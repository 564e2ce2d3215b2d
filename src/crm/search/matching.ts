import { type Word, wordsOf } from "../../storage/wordsOf.js";
import type { Sought } from "./query.js";

/** Where in a text, by its UTF-16 units, something stands. */
export interface Span {
	readonly from: number;
	readonly to: number;
}

/** How a message matches. */
export interface Match {
	/** The better the greater; of one query only. */
	readonly score: number;
	/** Where the words are that were looked for. */
	readonly spans: readonly Span[];
}

/** How a text matches what is looked for; undefined if it doesn't. The index may have told more than there is. */
export function matchOf(text: string, { words, phrases, prefix }: Sought): Match | undefined {
	const all = wordsOf(text);
	const sought = new Set(words);
	const isSought = ({ word }: Word) => sought.has(word) || (prefix !== undefined && word.startsWith(prefix));
	const found = all.filter(isSought);
	const has = (word: string) => found.some((each) => each.word === word);
	if (!words.every(has)) return undefined;
	if (prefix !== undefined && !found.some(({ word }) => word.startsWith(prefix))) return undefined;
	if (!phrases.every((phrase) => holdsPhrase(all, phrase))) return undefined;
	return { score: scoreOf(found, all.length), spans: found.map(({ from, to }) => ({ from, to })) };
}

function holdsPhrase(all: readonly Word[], phrase: readonly string[]): boolean {
	return all.some((_, at) => phrase.every((word, i) => all[at + i]?.word === word));
}

/** How soon more of the same word counts no more, and how much a long text is held against it: as BM25 has them. */
const SATURATION = 1.2;
const BY_LENGTH = 0.75;
const USUAL_LENGTH = 20;

/** BM25 without how rare words are: all that's compared has all of them. */
function scoreOf(found: readonly Word[], length: number): number {
	const counts = new Map<string, number>();
	for (const { word } of found) counts.set(word, (counts.get(word) ?? 0) + 1);
	const longer = 1 - BY_LENGTH + (BY_LENGTH * length) / USUAL_LENGTH;
	let score = 0;
	for (const count of counts.values()) score += (count * (SATURATION + 1)) / (count + SATURATION * longer);
	return score;
}
