import assert from "node:assert/strict";
import type { Collection, Query, Range, Storage } from "../../storage/Storage.js";
import { type Add, type Fields, fails, NOTES, numbers, POINTS, SINGLES } from "./given.js";

/** Queries by the collection's own key: ranges, order, limits, cursors. */
export function queryCases(add: Add): void {
	add("a query finds the records of its hash only, in order", async ({ storage, hash }) => {
		for (const at of ["c", "a", "b"]) await storage.put(NOTES, { owner: hash(), at });
		await storage.put(NOTES, { owner: hash("other"), at: "d" });
		assert.deepEqual(await storage.query(NOTES, { hash: hash() }), {
			records: ["a", "b", "c"].map((at) => ({ owner: hash(), at })),
		});
		assert.deepEqual(await storage.query(NOTES, { hash: hash("none") }), { records: [] });
		await storage.put(SINGLES, { owner: hash() });
		assert.deepEqual((await storage.query(SINGLES, { hash: hash() })).records, [{ owner: hash() }]);
	});

	add("strings are ordered by their UTF-8 bytes", async ({ storage, hash }) => {
		const texts = [
			"Z",
			"a",
			"a\u0000",
			"aa",
			"ab",
			"b",
			"z",
			"é",
			"\uD7FF",
			"\uE000",
			"\uFFFD",
			"\u{10000}",
			"\u{1F600}",
			"\u{1F600}a",
			"\u{10FFFF}",
		];
		for (const at of [...texts].reverse()) await storage.put(NOTES, { owner: hash(), at });
		const found = await all(storage, NOTES, { hash: hash(), limit: 4 });
		assert.deepEqual(
			found.map(({ at }) => at),
			texts,
		);
		for (const [i, at] of texts.entries()) {
			const { records } = await storage.query(NOTES, { hash: hash(), range: { after: at } });
			assert.equal(records.length, texts.length - i - 1, `after ${JSON.stringify(at)}`);
		}
	});

	add("numbers are ordered by size", async ({ storage, hash }) => {
		const sizes = [-1e9, -10, -9.5, -9, -0.25, 0, 0.1, 0.25, 1, 2, 10, 1.5e9, Number.MAX_SAFE_INTEGER];
		for (const n of [...sizes].reverse()) await storage.put(POINTS, { owner: hash(), n });
		for (const order of ["asc", "desc"] as const) {
			const found = await all(storage, POINTS, { hash: hash(), order, limit: 4 });
			assert.deepEqual(
				found.map(({ n }) => n),
				order === "asc" ? sizes : [...sizes].reverse(),
			);
		}
		const { records } = await storage.query(POINTS, { hash: hash(), range: { between: [-9.5, 0.1] } });
		assert.equal(records.length, 5);
		assert.ok(await storage.get(POINTS, [hash(), -9.5]));
	});

	const texts = ["a", "b", "ba", "bb", "c", "ca"];
	const textRanges: readonly (readonly [Range, readonly string[]])[] = [
		[{ eq: "b" }, ["b"]],
		[{ eq: "bc" }, []],
		[{ after: "b" }, ["ba", "bb", "c", "ca"]],
		[{ after: "bab" }, ["bb", "c", "ca"]],
		[{ after: "ca" }, []],
		[{ from: "b" }, ["b", "ba", "bb", "c", "ca"]],
		[{ from: "bab" }, ["bb", "c", "ca"]],
		[{ before: "ba" }, ["a", "b"]],
		[{ before: "a" }, []],
		[{ to: "ba" }, ["a", "b", "ba"]],
		[{ to: "A" }, []],
		[{ between: ["b", "c"] }, ["b", "ba", "bb", "c"]],
		[{ between: ["aa", "bz"] }, ["b", "ba", "bb"]],
		[{ between: ["b", "b"] }, ["b"]],
		[{ prefix: "b" }, ["b", "ba", "bb"]],
		[{ prefix: "ba" }, ["ba"]],
		[{ prefix: "d" }, []],
	];
	const points = [-2, -0.5, 0, 1, 2.5, 10];
	const pointRanges: readonly (readonly [Range, readonly number[]])[] = [
		[{ eq: -0.5 }, [-0.5]],
		[{ eq: 3 }, []],
		[{ after: 0 }, [1, 2.5, 10]],
		[{ from: 0 }, [0, 1, 2.5, 10]],
		[{ before: 0 }, [-2, -0.5]],
		[{ to: 0 }, [-2, -0.5, 0]],
		[{ between: [-1, 2.5] }, [-0.5, 0, 1, 2.5]],
	];
	const restricted = async (
		storage: Storage,
		collection: Collection<Fields>,
		hash: string,
		range: Range,
		field: string,
	) => {
		for (const limit of [undefined, 2]) {
			const up = await all(storage, collection, { hash, range, limit });
			const down = await all(storage, collection, { hash, range, limit, order: "desc" });
			assert.deepEqual(down.reverse(), up);
			if (limit === undefined) continue;
			return up.map((record) => record[field]);
		}
		return [];
	};
	add("a range restricts strings", async ({ storage, hash }) => {
		for (const at of texts) await storage.put(NOTES, { owner: hash(), at });
		for (const [range, expected] of textRanges) {
			assert.deepEqual(await restricted(storage, NOTES, hash(), range, "at"), expected, JSON.stringify(range));
		}
	});
	add("a range restricts numbers", async ({ storage, hash }) => {
		for (const n of points) await storage.put(POINTS, { owner: hash(), n });
		for (const [range, expected] of pointRanges) {
			assert.deepEqual(await restricted(storage, POINTS, hash(), range, "n"), expected, JSON.stringify(range));
		}
	});

	add("a prefix may end in any character", async ({ storage, hash }) => {
		const prefixes = ["é", "z", "\u{1F600}", "\uFFFD", "\uD7FF", "\u{10FFFF}", "a\u{10FFFF}"];
		for (const prefix of prefixes) {
			for (const rest of ["", "\u0000", "x", "\u{10FFFF}"])
				await storage.put(NOTES, { owner: hash(), at: prefix + rest });
		}
		await storage.put(NOTES, { owner: hash(), at: "b" });
		for (const prefix of prefixes) {
			const { records } = await storage.query(NOTES, { hash: hash(), range: { prefix } });
			assert.equal(records.length, 4, JSON.stringify(prefix));
			assert.ok(records.every(({ at }) => String(at).startsWith(prefix)));
		}
	});

	add("limit is 100 unless given, and a page's cursor says whether more follows", async ({ storage, hash }) => {
		const records = numbers(105).map((n) => ({ owner: hash(), n }));
		await Promise.all(records.map((record) => storage.put(POINTS, record)));
		const first = await storage.query(POINTS, { hash: hash() });
		assert.deepEqual(first.records, records.slice(0, 100));
		const second = await storage.query(POINTS, { hash: hash(), cursor: first.cursor });
		assert.deepEqual(second.records, records.slice(100));
		for (const limit of [1, 2, 7, 105, 1000]) {
			assert.deepEqual(await all(storage, POINTS, { hash: hash(), limit }), records);
			const down = await all(storage, POINTS, { hash: hash(), limit, order: "desc" });
			assert.deepEqual(down, [...records].reverse());
		}
	});

	add("a page of large records may be shorter, and the pages together are whole", async ({ storage, hash }) => {
		const text = "x".repeat(300_000);
		for (const n of numbers(12)) await storage.put(POINTS, { owner: hash(), n, text });
		const found = await all(storage, POINTS, { hash: hash(), limit: 12 });
		assert.deepEqual(
			found.map(({ n }) => n),
			numbers(12),
		);
	});

	add("pages neither repeat nor leave out records while others are written", async ({ storage, hash }) => {
		for (const n of numbers(20)) await storage.put(POINTS, { owner: hash(), n });
		for (const order of ["asc", "desc"] as const) {
			const found: unknown[] = [];
			let cursor: string | undefined;
			let between = order === "asc" ? 0.5 : 0.25;
			do {
				const page = await storage.query(POINTS, { hash: hash(), order, limit: 3, cursor });
				found.push(...page.records.map(({ n }) => n));
				cursor = page.cursor;
				// Before, beside and behind where the page ended; and what it ended with is written again.
				for (const n of [between, 10 + between, 20 + between]) await storage.put(POINTS, { owner: hash(), n });
				const last = page.records.at(-1)?.n;
				if (typeof last === "number") await storage.put(POINTS, { owner: hash(), n: last, again: true });
				between += 1 / 64;
			} while (cursor !== undefined && found.length < 200);
			const whole = found.filter((n) => Number.isInteger(n));
			assert.deepEqual(whole, order === "asc" ? numbers(20) : numbers(20).reverse());
			assert.equal(new Set(found).size, found.length);
		}
	});

	add("a cursor continues where its record has been deleted", async ({ storage, hash }) => {
		for (const n of numbers(4)) await storage.put(POINTS, { owner: hash(), n });
		const { cursor } = await storage.query(POINTS, { hash: hash(), limit: 2 });
		await storage.delete(POINTS, [hash(), 2]);
		const { records } = await storage.query(POINTS, { hash: hash(), limit: 2, cursor });
		assert.deepEqual(
			records.map(({ n }) => n),
			[3, 4],
		);
	});

	add("a malformed query is refused", async ({ storage, hash }) => {
		const wrong: unknown[] = [
			...[0, -1, 1.5, 1001, Number.NaN, "5"].map((limit) => ({ hash: hash(), limit })),
			...["", "x", "!", "e30", "bnVsbA", "W10"].map((cursor) => ({ hash: hash(), cursor })),
			...["", 1, null, undefined, true, "\ud800"].map((value) => ({ hash: value })),
			...["none", "constructor"].map((index) => ({ hash: hash(), index })),
			...["eq", "after", "from", "before", "to", "prefix"].map((test) => ({ hash: hash(), range: { [test]: "" } })),
			...[1, true, null].map((eq) => ({ hash: hash(), range: { eq } })),
			{ hash: hash(), range: { between: ["b", "a"] } },
			{ hash: hash(), range: { between: ["\u{1F600}", "\uFFFD"] } },
			{ hash: hash(), range: { between: ["a", 1] } },
		];
		for (const query of wrong) await fails(storage.query(NOTES, query as Query), "invalid_query");
		const numeric: Range[] = [{ prefix: "1" }, { eq: "1" }, { after: Number.NaN }, { between: [2, 1] }];
		for (const range of numeric) await fails(storage.query(POINTS, { hash: hash(), range }), "invalid_query");
		await fails(storage.query(SINGLES, { hash: hash(), range: { eq: "a" } }), "invalid_query");
	});

	add("a cursor of another collection is refused", async ({ storage, hash }) => {
		for (const n of numbers(2)) await storage.put(POINTS, { owner: hash(), n });
		const { cursor } = await storage.query(POINTS, { hash: hash(), limit: 1 });
		assert.ok(cursor);
		await fails(storage.query(NOTES, { hash: hash(), cursor }), "invalid_query");
	});
}

/** The records of all pages. */
export async function all(storage: Storage, collection: Collection<Fields>, query: Query): Promise<Fields[]> {
	const found: Fields[] = [];
	let cursor: string | undefined;
	do {
		const page = await storage.query(collection, { ...query, cursor });
		assert.ok(page.records.length <= (query.limit ?? 100), "a page is never longer than its limit");
		found.push(...page.records);
		cursor = page.cursor;
	} while (cursor !== undefined);
	return found;
}
