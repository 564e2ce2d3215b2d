import assert from "node:assert/strict";
import type { Key } from "../../storage/Storage.js";
import { type Add, type Fields, fails, NOTES, numbers, POINTS, SINGLES } from "./given.js";

/** What a record is, may hold and how large it may be; its key; reading one and several. */
export function recordCases(add: Add): void {
	add("a record is read by its key, and undefined where there's none", async ({ storage, hash }) => {
		await storage.put(NOTES, { owner: hash(), at: "a", text: "first" });
		await storage.put(SINGLES, { owner: hash(), text: "alone" });
		assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), { owner: hash(), at: "a", text: "first" });
		assert.deepEqual(await storage.get(SINGLES, [hash()]), { owner: hash(), text: "alone" });
		assert.equal(await storage.get(NOTES, [hash(), "b"]), undefined);
		assert.equal(await storage.get(NOTES, [hash("other"), "a"]), undefined);
	});

	add("put writes the whole record in place of the one with its key", async ({ storage, hash }) => {
		await storage.put(NOTES, { owner: hash(), at: "a", text: "first", more: 1 });
		await storage.put(NOTES, { owner: hash(), at: "a", text: "second" });
		assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), { owner: hash(), at: "a", text: "second" });
	});

	add("collections are apart", async ({ storage, hash }) => {
		await storage.put(POINTS, { owner: hash(), n: 1 });
		assert.equal(await storage.get(NOTES, [hash(), "1"]), undefined);
		await storage.delete(SINGLES, [hash()]);
		assert.deepEqual(await storage.get(POINTS, [hash(), 1]), { owner: hash(), n: 1 });
	});

	add("null and empty values stay what they are, undefined fields are dropped", async ({ storage, hash }) => {
		const values = { nothing: null, text: "", list: [], fields: {}, no: false, zero: 0, deep: [{ a: [null, "", {}] }] };
		await storage.put(SINGLES, { owner: hash(), ...values, gone: undefined, inner: { gone: undefined } });
		const read = await storage.get(SINGLES, [hash()]);
		assert.deepEqual(read, { owner: hash(), ...values, inner: {} });
		assert.equal(Object.hasOwn(read ?? {}, "gone"), false);
	});

	add("numbers are doubles", async ({ storage, hash }) => {
		const values = [0.1, -1.5, 1 / 3, 2 ** 53, -(2 ** 53) - 2, 1e21, 1e-7, 1e100, 5e-324, 1.7976931348623157e308];
		await storage.put(SINGLES, { owner: hash(), values });
		assert.deepEqual((await storage.get(SINGLES, [hash()]))?.values, values);
	});

	add("text is any Unicode, in values, keys and names of fields", async ({ storage, hash }) => {
		const texts = [
			"é",
			"e\u0301",
			"\u{1F600}",
			"\uFFFD",
			"\u0000",
			"a\u0000b",
			"\u2028",
			"\"\\'",
			"漢字",
			"\u{10FFFF}",
		];
		for (const text of texts) {
			const record = { owner: hash(text), at: text, text, [text]: { [text]: text } };
			await storage.put(NOTES, record);
			assert.deepEqual(await storage.get(NOTES, [hash(text), text]), record);
		}
		const { records } = await storage.query(NOTES, { hash: hash("e\u0301") });
		assert.equal(records.length, 1, "keys that only look alike are different keys");
	});

	add("a field may have any name, also one that objects inherit", async ({ storage, hash }) => {
		const fields = Object.fromEntries(
			["constructor", "toString", "__proto__", "", "a.b", "#a", ":a", "$"].map((name) => [name, { name }]),
		);
		await storage.put(SINGLES, { owner: hash(), ...fields, fields });
		const read = await storage.get(SINGLES, [hash()]);
		assert.deepEqual(Object.entries(read?.fields ?? {}).sort(), Object.entries(fields).sort());
		assert.deepEqual(read?.constructor, { name: "constructor" });
	});

	add("what is read shares nothing with what was written, nor with another reading", async ({ storage, hash }) => {
		const record = { owner: hash(), list: [{ a: 1 }] };
		const writing = storage.put(SINGLES, record);
		record.list.push({ a: 2 });
		await writing;
		const first = await storage.get(SINGLES, [hash()]);
		(first?.list as Fields[])[0] = { a: 3 };
		const value = { deep: [1] };
		const updating = storage.update(SINGLES, [hash()], { set: [["value", value]] });
		value.deep.push(2);
		const updated = await updating;
		(updated.list as Fields[]).pop();
		const expected = { owner: hash(), list: [{ a: 1 }], value: { deep: [1] } };
		assert.deepEqual(await storage.get(SINGLES, [hash()]), expected);
		const written = { owner: hash("two"), list: [1] };
		const transaction = storage.transact([{ put: SINGLES, record: written }]);
		written.list.push(2);
		await transaction;
		assert.deepEqual((await storage.get(SINGLES, [hash("two")]))?.list, [1]);
	});

	add("a record may have 380,000 bytes as JSON, and no more", async ({ storage, hash }) => {
		const sized = (bytes: number, letter: string) => {
			const empty = Buffer.byteLength(JSON.stringify({ owner: hash(letter), text: "" }));
			const text = letter.repeat((bytes - empty) / Buffer.byteLength(letter));
			return { owner: hash(letter), text: text + "x".repeat((bytes - empty) % Buffer.byteLength(letter)) };
		};
		for (const letter of ["a", "é", "漢"]) {
			await storage.put(SINGLES, sized(380_000, letter));
			assert.deepEqual(await storage.get(SINGLES, [hash(letter)]), sized(380_000, letter));
			await fails(storage.put(SINGLES, sized(380_001, letter)), "record_too_large");
			await fails(storage.transact([{ put: SINGLES, record: sized(380_001, letter) }]), "record_too_large");
			assert.deepEqual(await storage.get(SINGLES, [hash(letter)]), sized(380_000, letter));
		}
	});

	add("an update can't make a record too large", async ({ storage, hash }) => {
		const half = "a".repeat(250_000);
		await storage.put(SINGLES, { owner: hash(), one: half });
		const change = { set: [["two", half] as const] };
		await fails(storage.update(SINGLES, [hash()], change), "record_too_large");
		await fails(storage.transact([{ update: SINGLES, key: [hash()], change }]), "record_too_large");
		assert.deepEqual(await storage.get(SINGLES, [hash()]), { owner: hash(), one: half });
	});

	add("ten large records fit one transaction", async ({ storage, hash }) => {
		const records = numbers(10).map((n) => ({ owner: hash(), n, text: "x".repeat(379_000) }));
		await storage.transact(records.map((record) => ({ put: POINTS, record })));
		assert.deepEqual((await storage.get(POINTS, [hash(), 10]))?.text, "x".repeat(379_000));
	});

	add("a malformed key is refused by every call", async ({ storage, hash }) => {
		const wrong: unknown[] = [[], [hash()], [hash(), ""], ["", "a"], [hash(), 1], [1, "a"], [hash(), "a", "b"]];
		wrong.push([hash(), null], [true, "a"], [hash(), Buffer.from("a")], [{}, "a"], "text", [hash(), "\ud800"]);
		wrong.push(["x".repeat(1_025), "a"], [hash(), "é".repeat(513)]);
		for (const key of wrong as Key[]) {
			await fails(storage.get(NOTES, key), "invalid_query");
			await fails(storage.batchGet(NOTES, [key]), "invalid_query");
			await fails(storage.update(NOTES, key, { set: [["text", "x"]] }), "invalid_query");
			await fails(storage.delete(NOTES, key), "invalid_query");
			await fails(storage.transact([{ check: NOTES, key, if: "absent" }]), "invalid_query");
			if (key.length === 2) await fails(storage.put(NOTES, { owner: key[0], at: key[1] }), "invalid_query");
		}
		const wrongNumbers: unknown[] = [
			[hash(), "1"],
			[hash(), Number.NaN],
			[hash(), Number.POSITIVE_INFINITY],
			[hash(), true],
		];
		for (const key of wrongNumbers as Key[]) await fails(storage.get(POINTS, key), "invalid_query");
		await fails(storage.get(SINGLES, [hash(), "a"]), "invalid_query");
		await fails(storage.put(NOTES, { owner: hash() }), "invalid_query");
	});

	add("a key string may have 1,024 bytes", async ({ storage, hash }) => {
		const owner = hash().padEnd(1_024, "x");
		await storage.put(NOTES, { owner, at: "é".repeat(512) });
		assert.ok(await storage.get(NOTES, [owner, "é".repeat(512)]));
	});

	add("batchGet answers in the order of its keys, undefined for what isn't there", async ({ storage, hash }) => {
		for (const n of numbers(100)) if (n % 10) await storage.put(POINTS, { owner: hash(), n });
		const order = numbers(100).map((n) => (n * 37) % 101);
		const records = await storage.batchGet(
			POINTS,
			order.map((n) => [hash(), n]),
		);
		assert.deepEqual(
			records.map((record) => record?.n),
			order.map((n) => (n % 10 ? n : undefined)),
		);
		assert.deepEqual(await storage.batchGet(POINTS, []), []);
	});

	add("batchGet gives large records whole", async ({ storage, hash }) => {
		const text = "x".repeat(370_000);
		for (const n of numbers(50)) await storage.put(POINTS, { owner: hash(), n, text });
		const records = await storage.batchGet(
			POINTS,
			numbers(50).map((n) => [hash(), n]),
		);
		assert.deepEqual(
			records.map((record) => record?.n),
			numbers(50),
		);
	});

	add("batchGet takes up to 100 keys, each once", async ({ storage, hash }) => {
		const keys = numbers(101).map((n): Key => [hash(), n]);
		await fails(storage.batchGet(POINTS, keys), "invalid_query");
		await fails(storage.batchGet(POINTS, [...keys.slice(0, 2), ...keys.slice(0, 1)]), "invalid_query");
	});

	add("deleting takes the record away; deleting what isn't there is fine", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash() });
		await storage.delete(SINGLES, [hash()]);
		assert.equal(await storage.get(SINGLES, [hash()]), undefined);
		await storage.delete(SINGLES, [hash()]);
	});

	add("a read begun after a write has finished sees it", async ({ storage, hash }) => {
		for (const n of numbers(50)) {
			await storage.put(SINGLES, { owner: hash(), n });
			assert.equal((await storage.get(SINGLES, [hash()]))?.n, n);
		}
	});
}
