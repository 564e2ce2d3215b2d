/** How many words there are besides the usual ones, and how many of those a message has. */
const RARE_WORDS = 20_000;
const SYLLABLES = [
	"ba",
	"ko",
	"li",
	"mer",
	"ta",
	"sun",
	"vi",
	"dor",
	"pel",
	"nam",
	"ru",
	"gi",
	"fos",
	"ket",
	"wa",
	"zen",
];

/** Words that many messages have, the most frequent first. */
const USUAL =
	"the to and i is my of for it order please you hello thanks delivery when not with but can arrived coffee today still yesterday package account payment invoice refund address card beans subscription card tomorrow wrong changed waiting shipped bag label damaged customer number email mobile question morning friday monday grinder filter roast espresso discount coupon exchange return delayed courier warehouse confirmed cancelled".split(
		" ",
	);

/** A word that about one message in `RARE_WORDS` has; the same number always has the same one. */
export function rareWord(number: number): string {
	let rest = number % RARE_WORDS;
	let word = "";
	for (let i = 0; i < 4; i++) {
		word += SYLLABLES[rest % SYLLABLES.length];
		rest = Math.floor(rest / SYLLABLES.length);
	}
	return word;
}

/** What somebody says: 6 to 20 words, the usual ones as unevenly spread as those of a language are. */
export function textOf(random: () => number): string {
	const words = Array.from({ length: 6 + Math.floor(random() * 15) }, () => {
		if (random() < 0.08) return rareWord(Math.floor(random() * RARE_WORDS));
		// Zipf: the n-th word is about 1/n as frequent as the first.
		const rank = Math.floor(USUAL.length ** random()) - 1;
		return USUAL[rank] ?? "the";
	});
	if (random() < 0.05) words.push(`#${Math.floor(random() * 1_000_000)}`);
	return `${words.join(" ")}.`;
}
