let segments: Intl.Segmenter | undefined;

/** Made when the first text needs it: that takes 7 ms, and most texts don't. */
function segmenter(): Intl.Segmenter {
	segments ??= new Intl.Segmenter(undefined, { granularity: "word" });
	return segments;
}

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
	if (!UNSPACED.test(text)) {
		addParts(words, text, 0);
		return words;
	}
	for (const { segment, index, isWordLike } of segmenter().segment(text)) {
		if (!isWordLike) continue;
		// "don't" and "a_b" are one segment, and two words each.
		addParts(words, segment, index);
	}
	return words;
}

/** The words of a text, each once. */
export function distinctWordsOf(text: string): string[] {
	// Where each letter stands needn't be known here, and most texts are plain: that takes a fifth of the time.
	const words = ASCII.test(text)
		? (text.toLowerCase().match(ASCII_WORDS) ?? []).map((word) => word.slice(0, LONGEST))
		: wordsOf(text).map(({ word }) => word);
	return [...new Set(words)];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII, too.
const ASCII = /^[\x00-\x7f]*$/;
const ASCII_WORDS = /[a-z0-9]+/g;

/** Scripts whose words have to be looked for, which takes long: other texts needn't wait for that. */
const UNSPACED =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function addParts(words: Word[], text: string, from: number): void {
	for (const { 0: part, index } of text.matchAll(PARTS)) {
		const word = folded(part);
		if (word) words.push({ word, from: from + index, to: from + index + part.length });
	}
}

/** With the accents that belong to their letters. */
const PARTS = /[\p{L}\p{N}\p{M}]+/gu;

const PLAIN = /^[a-z0-9]+$/i;

function folded(part: string): string {
	if (PLAIN.test(part)) return part.slice(0, LONGEST).toLowerCase();
	const letters = part.normalize("NFKD").toLowerCase().match(LETTERS) ?? [];
	return [...letters.join("")].slice(0, LONGEST).join("");
}
