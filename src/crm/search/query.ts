import { RouterError } from "../../protocol/errors.js";
import { wordsOf } from "../../storage/wordsOf.js";

/** What is looked for. */
export interface Sought {
	/** All must be in a message. */
	readonly words: readonly string[];
	/** Words that must follow each other. They're among `words`. */
	readonly phrases: readonly (readonly string[])[];
	/** How another word begins: the last one, which may not be typed to its end. */
	readonly prefix?: string;
}

/** A shorter beginning is looked for as a whole word. */
const SHORTEST_PREFIX = 3;
const MOST_WORDS = 10;

/**
 * Reads what somebody types: words, and "phrases" in quotation marks; whatever else is in it separates words.
 * Throws `invalid_input` where there's no word in it, or more than 10.
 */
export function soughtIn(typed: string): Sought {
	const parts = typed.split('"');
	const phrases: string[][] = [];
	const loose: string[] = [];
	parts.forEach((part, i) => {
		const words = wordsOf(part).map(({ word }) => word);
		// Between two marks; one that's never closed opens nothing.
		const isQuoted = i % 2 === 1 && i < parts.length - 1;
		if (isQuoted && words.length > 1) phrases.push(words);
		else loose.push(...words);
	});
	const last = parts.at(-1) ?? "";
	const open = /[\p{L}\p{N}\p{M}]$/u.test(last) ? loose.at(-1) : undefined;
	const prefix = open !== undefined && open.length >= SHORTEST_PREFIX ? open : undefined;
	const whole = prefix === undefined ? loose : loose.slice(0, -1);
	const words = [...new Set([...whole, ...phrases.flat()])];
	const count = words.length + (prefix === undefined ? 0 : 1);
	if (count === 0) throw new RouterError("invalid_input", "q: must hold a word to look for.");
	if (count > MOST_WORDS) throw new RouterError("invalid_input", `q: may hold ${MOST_WORDS} words.`);
	return { words, phrases, prefix };
}
