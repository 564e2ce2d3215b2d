import assert from "node:assert/strict";
import type { Change } from "../../storage/Storage.js";
import { type Add, fails, NOTES, numbers, SINGLES } from "./given.js";

/** What an update does. */
export function changeCases(add: Add): void {
	add("an update sets, adds and removes, and answers the record as it then is", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), kept: "k", old: "o", n: 1, gone: 1 });
		const change: Change = {
			set: [
				["old", { new: [1] }],
				["text", ""],
				["nothing", null],
			],
			add: [
				["n", 2.5],
				["m", -1],
			],
			remove: ["gone", "missing"],
		};
		const expected = { owner: hash(), kept: "k", old: { new: [1] }, text: "", nothing: null, n: 3.5, m: -1 };
		assert.deepEqual(await storage.update(SINGLES, [hash()], change), expected);
		assert.deepEqual(await storage.get(SINGLES, [hash()]), expected);
	});

	add("an update changes fields inside a field", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), in: { old: 1, n: 1, gone: 1, kept: { a: 1 } } });
		const change: Change = {
			set: [
				[["in", "old"], [2]],
				[["in", "new.name"], "x"],
				[["in", "__proto__"], 1],
			],
			add: [
				[["in", "n"], 1],
				[["in", "m"], 5],
			],
			remove: [
				["in", "gone"],
				["in", "missing"],
			],
		};
		await storage.update(SINGLES, [hash()], change);
		const read = (await storage.get(SINGLES, [hash()]))?.in ?? {};
		const expected = [
			["__proto__", 1],
			["kept", { a: 1 }],
			["m", 5],
			["n", 2],
			["new.name", "x"],
			["old", [2]],
		];
		assert.deepEqual(Object.entries(read).sort(), expected);
	});

	add("an update of what isn't there makes a record of its key", async ({ storage, hash }) => {
		const change: Change = { set: [["text", "x"]], add: [["n", 2]], remove: ["gone"] };
		const expected = { owner: hash(), at: "a", text: "x", n: 2 };
		assert.deepEqual(await storage.update(NOTES, [hash(), "a"], change), expected);
		assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), expected);
		assert.deepEqual(await storage.update(SINGLES, [hash("empty")], {}), { owner: hash("empty") });
		assert.deepEqual(await storage.get(SINGLES, [hash("empty")]), { owner: hash("empty") });
	});

	add("an empty change leaves a record as it is", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), text: "x" });
		assert.deepEqual(await storage.update(SINGLES, [hash()], {}), { owner: hash(), text: "x" });
	});

	const invalid: readonly (readonly [string, Change])[] = [
		["sets inside what's missing", { set: [[["missing", "a"], 1]] }],
		["adds inside what's missing", { add: [[["missing", "a"], 1]] }],
		["removes inside what's missing", { remove: [["missing", "a"]] }],
		["sets inside a text", { set: [[["text", "a"], 1]] }],
		["sets inside a list", { set: [[["list", "0"], 1]] }],
		["sets inside null", { set: [[["nothing", "a"], 1]] }],
		["sets inside what only objects inherit", { set: [[["constructor", "a"], 1]] }],
		["adds to a text", { add: [["text", 1]] }],
		["adds to null", { add: [["nothing", 1]] }],
		["adds to an object", { add: [["in", 1]] }],
		["adds what's no number", { add: [["n", Number.NaN]] }],
		["names a field of the key", { set: [["at", "b"]] }],
		["removes a field of the key", { remove: ["owner"] }],
		["names a field twice", { set: [["n", 1]], add: [["n", 1]] }],
		["names a field and what's inside it", { set: [["in", {}]], remove: [["in", "a"]] }],
		[
			"has one good and one bad part",
			{
				set: [
					["good", 1],
					[["missing", "a"], 1],
				],
			},
		],
	];
	for (const [name, change] of invalid) {
		add(`a change that ${name} is refused, and changes nothing`, async ({ storage, hash }) => {
			const record = { owner: hash(), at: "a", n: 1, text: "x", list: [1], nothing: null, in: { a: 1 } };
			await storage.put(NOTES, record);
			await fails(storage.update(NOTES, [hash(), "a"], change), "invalid_path");
			await fails(storage.transact([{ update: NOTES, key: [hash(), "a"], change }]), "invalid_path");
			assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), record);
		});
	}

	add("a nested path needs its parent on an absent record as well", async ({ storage, hash }) => {
		await fails(storage.update(SINGLES, [hash()], { set: [[["in", "a"], 1]] }), "invalid_path");
		assert.equal(await storage.get(SINGLES, [hash()]), undefined);
	});

	add("no addition of many at once is lost", async ({ storage, hash }) => {
		const answers = await Promise.all(numbers(50).map(() => storage.update(SINGLES, [hash()], { add: [["n", 1]] })));
		assert.equal((await storage.get(SINGLES, [hash()]))?.n, 50);
		assert.deepEqual(
			answers.map(({ n }) => Number(n)).sort((a, b) => a - b),
			numbers(50),
			"each answer is the record as that update left it",
		);
	});

	add("updates of different fields at once don't undo each other", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), in: {} });
		await Promise.all(numbers(30).map((n) => storage.update(SINGLES, [hash()], { set: [[["in", `f${n}`], n]] })));
		assert.equal(Object.keys((await storage.get(SINGLES, [hash()]))?.in ?? {}).length, 30);
	});
}
