import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { IndexedText, TextIndex, TextQuery } from "../storage/TextIndex.js";
import { checksOf, type Runner } from "./checksOf.js";

/** An index; `close` ends what `open` started. */
export interface TextIndexUnderTest {
	readonly index: TextIndex;
	close(): Promise<void>;
}

/**
 * The contract of `TextIndex` as tests; each gets an index from `open`, which may be shared. `test` is the runner's, e.g.
 * jest's.
 *
 * ```ts
 * textIndexSuite(test, async () => ({ index: new MyIndex(), close }));
 * ```
 */
export function textIndexSuite(test: Runner, open: () => Promise<TextIndexUnderTest>): void {
	const check = checksOf(test, open);

	check("texts are found by any of their words, and by several", async ({ index }) => {
		const { add, find } = inScope(index);
		await add("a", 1, "the red parcel is late");
		await add("b", 7, "the blue parcel");
		assert.deepEqual(await find(["red"]), ["a.1"]);
		assert.deepEqual((await find(["parcel"])).sort(), ["a.1", "b.7"]);
		assert.deepEqual(await find(["parcel", "blue"]), ["b.7"]);
		assert.deepEqual(await find(["parcel", "green"]), []);
	});

	check("a word is compared as it is: not its parts, nor what it begins with", async ({ index }) => {
		const { add, find } = inScope(index);
		await add("a", 1, "parcels 東京 straße 42a");
		for (const word of ["parcel", "arcels", "東", "42", "strase"]) assert.deepEqual(await find([word]), [], word);
		for (const word of ["parcels", "東京", "straße", "42a"]) assert.deepEqual(await find([word]), ["a.1"], word);
	});

	check("a prefix finds another word that begins so", async ({ index }) => {
		const { add, find } = inScope(index);
		await add("a", 1, "my parcels");
		await add("b", 1, "your parcel");
		assert.deepEqual((await find([], { prefix: "par" })).sort(), ["a.1", "b.1"]);
		assert.deepEqual(await find(["my"], { prefix: "parc" }), ["a.1"]);
		assert.deepEqual(await find([], { prefix: "parcels" }), ["a.1"]);
		assert.deepEqual(await find(["my"], { prefix: "pax" }), []);
	});

	check("the newest is first, page by page, each once", async ({ index }) => {
		const { add, page } = inScope(index);
		for (let n = 1; n <= 25; n++) await add(`g${n % 4}`, n, "hello", n * 60_000);
		const found: number[] = [];
		let from: string | undefined;
		do {
			const { places, next } = await page({ words: ["hello"] }, { limit: 10, from });
			found.push(...places.map(({ number }) => number));
			from = next;
		} while (from !== undefined);
		assert.deepEqual(
			found,
			Array.from({ length: 25 }, (_, n) => 25 - n),
		);
	});

	check("a page comes again as it was, whatever has been added since", async ({ index }) => {
		const { add, page } = inScope(index);
		for (let n = 1; n <= 12; n++) await add(`g${n}`, n, "hello", n * 60_000);
		const first = await page({ words: ["hello"] }, { limit: 5 });
		await add("late", 13, "hello", 13 * 60_000);
		const again = await page({ words: ["hello"] }, { limit: 5, from: first.here });
		assert.deepEqual(again.places, first.places);
		const second = await page({ words: ["hello"] }, { limit: 5, from: first.next });
		await add("later", 14, "hello", 14 * 60_000);
		assert.deepEqual((await page({ words: ["hello"] }, { limit: 5, from: second.here })).places, second.places);
		assert.deepEqual(
			second.places.map(({ number }) => number),
			[7, 6, 5, 4, 3],
		);
	});

	check("a text that's added again stays as it is", async ({ index }) => {
		const { add, find } = inScope(index);
		await add("a", 1, "once");
		await add("a", 1, "once");
		assert.deepEqual(await find(["once"]), ["a.1"]);
	});

	check("only what is in the groups that are asked for is found", async ({ index }) => {
		const { add, find } = inScope(index);
		for (const group of ["a", "b", "c"]) for (const n of [1, 2]) await add(group, n, "hello there");
		assert.deepEqual((await find(["hello"], { groups: ["a", "c"] })).sort(), ["a.1", "a.2", "c.1", "c.2"]);
		assert.deepEqual((await find(["hello"], { groups: ["b"], prefix: "the" })).sort(), ["b.1", "b.2"]);
		assert.deepEqual(await find(["hello"], { groups: ["d"] }), []);
		assert.deepEqual(await find(["hello"], { groups: [] }), []);
	});

	check("another scope's texts aren't found, by their words nor by their group", async ({ index }) => {
		const mine = inScope(index);
		const theirs = inScope(index);
		await mine.add("a", 1, "secret");
		assert.deepEqual(await theirs.find(["secret"]), []);
		const groups = [mine.nameOf("a")];
		const { places } = await theirs.page({ words: ["secret"], groups }, { limit: 10 });
		assert.deepEqual(places, []);
	});

	check("a group that's removed isn't found any more; the others are", async ({ index }) => {
		const { add, find, remove } = inScope(index);
		for (const group of ["a", "b"]) for (const n of [1, 2]) await add(group, n, "hello");
		await remove("a");
		assert.deepEqual((await find(["hello"])).sort(), ["b.1", "b.2"]);
		await remove("a");
		await add("a", 3, "hello");
		assert.deepEqual((await find(["hello"])).sort(), ["a.3", "b.1", "b.2"]);
	});

	check("what no page told isn't where one begins", async ({ index }) => {
		const { add, page, nameOf } = inScope(index);
		await add("a", 1, "hello");
		for (const from of [
			"",
			"x",
			"{",
			"null",
			"[]",
			"[-1]",
			'[0,{"a":1}]',
			'{"at":1}',
			'{"at":"zz"}',
			'{"cursor":"zz"}',
		]) {
			for (const groups of [undefined, [nameOf("a")]]) {
				await assert.rejects(page({ words: ["hello"], groups }, { limit: 10, from }), { code: "invalid_query" }, from);
			}
		}
	});

	check("its words are in small letters, without accents, also where no blanks are between them", async ({ index }) => {
		const { add, find } = inScope(index);
		await add("a", 1, "Où est l’ÉTÉ? 私は学生です");
		for (const word of ["ou", "est", "l", "ete", "私", "学生"]) assert.deepEqual(await find([word]), ["a.1"], word);
	});

	check("a text without words, and one of very many, are taken", async ({ index }) => {
		const { add, find } = inScope(index);
		await add("a", 1, "");
		await add("a", 2, Array.from({ length: 2_000 }, (_, n) => `word${n}`).join(" "));
		assert.deepEqual(await find(["word0"]), ["a.2"]);
	});
}

/** A scope of its own, with groups of its own, for each test. */
function inScope(index: TextIndex) {
	const scope = `scope-${randomUUID()}`;
	const nameOf = (group: string) => `${scope}/${group}`;
	const page = (query: Omit<TextQuery, "scope">, part: { limit: number; from?: string }) =>
		index.find({ ...query, scope }, part);
	return {
		nameOf,
		page,
		async add(group: string, number: number, text: string, timeMs = number): Promise<void> {
			const indexed: IndexedText = { scope, group: nameOf(group), number, timeMs, text };
			await index.add([indexed]);
		},
		async find(words: readonly string[], { groups, prefix }: { groups?: readonly string[]; prefix?: string } = {}) {
			const { places } = await page({ words, prefix, groups: groups?.map(nameOf) }, { limit: 100 });
			return places.map(({ group, number }) => `${group.slice(scope.length + 1)}.${number}`);
		},
		remove: (group: string) => index.remove(nameOf(group)),
	};
}
