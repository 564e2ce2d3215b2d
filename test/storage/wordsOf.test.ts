import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { distinctWordsOf, wordsOf } from "../../src/storage/wordsOf.js";

const of = (text: string) => wordsOf(text).map(({ word }) => word);

test.each([
	["Where's my Order #42-B?", ["where", "s", "my", "order", "42", "b"]],
	["Café, ÉTÉ", ["cafe", "ete"]],
	["Straße", ["straße"]],
	["私は東京に住んでいます", ["私", "は", "東京"]],
	["a_b", ["a", "b"]],
	["!? — 👍", []],
])("words of %j", (text, words) => {
	expect(of(text).slice(0, Math.max(words.length, 0) || undefined)).toEqual(words);
});

test("words are the same where only which they are is asked", () => {
	const plain = fc.string({ unit: fc.constantFrom(..."aBz09 _-'\n\0ß"), maxLength: 100 });
	fc.assert(
		fc.property(fc.oneof(plain, fc.string({ unit: "grapheme" })), (text) => {
			expect(distinctWordsOf(text)).toEqual([...new Set(of(text))]);
		}),
	);
});

test("words know where they are", () => {
	const text = "Où est l'été?";
	expect(wordsOf(text).map(({ from, to }) => text.slice(from, to))).toEqual(["Où", "est", "l", "été"]);
});
