const segments = new Intl.Segmenter(undefined, { granularity: "word" });
const LETTERS = /[\p{L}\p{N}]+/gu;
/** A longer word is known by how it begins. */
const LONGEST = 40;

/** A word as it's compared, and where in the text it stands. */
export interface Word {
	readonly word: string;
	readonly from: number;
	readonly to: number;
}

/**
 * The words of a text, also of scripts that put no blanks between them: in small letters, without accents, in their order.
 */
export function wordsOf(text: string): Word[] {
	const words: Word[] = [];
	for (const { segment, index, isWordLike } of segments.segment(text)) {
		if (!isWordLike) continue;
		// "don't" and "a_b" are one segment, and two words each.
		for (const { 0: part, index: at } of segment.matchAll(PARTS)) {
			const word = folded(part);
			if (word) words.push({ word, from: index + at, to: index + at + part.length });
		}
	}
	return words;
}

/** With the accents that belong to their letters. */
const PARTS = /[\p{L}\p{N}\p{M}]+/gu;

function folded(part: string): string {
	const letters = part.normalize("NFKD").toLowerCase().match(LETTERS) ?? [];
	return [...letters.join("")].slice(0, LONGEST).join("");
}
