import assert from "node:assert/strict";
import { type Add, eventually, type Fields, fails, type Given, LOG, NOTES, numbers } from "./given.js";

/** The feed of insertions. The database may be shared, so that records of other hashes are in it as well. */
export function feedCases(add: Add): void {
	/** Reads on until what was read, of these hashes, is enough; gives it all, and the last cursor. */
	const follow = async (
		{ storage }: Given,
		{
			from,
			limit = 100,
			hashes,
			until,
		}: { from?: string; limit?: number; hashes: readonly string[]; until: (found: Fields[]) => boolean },
	) => {
		const found: Fields[] = [];
		let cursor = from;
		await eventually(async () => {
			for (;;) {
				const page = await storage.feed(LOG, cursor, limit);
				cursor = page.cursor;
				found.push(...page.records.filter(({ owner }) => hashes.includes(String(owner))));
				if (until(found)) return;
				if (page.records.length === 0) assert.fail(`The feed brought only ${found.length} records.`);
			}
		});
		return { found, cursor };
	};
	/** Whether these numbers have come, in this order; what has come may come once more. */
	const inOrder = (found: readonly Fields[], expected: readonly number[]) => {
		const first = [...new Set(found.map(({ n }) => Number(n)))];
		return first.length >= expected.length && expected.every((n, i) => first[i] === n);
	};

	add("the feed brings every insertion, those of a hash in the order of their commits", async (given) => {
		const { storage, hash } = given;
		const hashes = [hash("one"), hash("two")];
		for (const n of numbers(10)) {
			for (const owner of hashes) {
				// Keys that fall, so that their order isn't that of the commits.
				if (n % 2) await storage.put(LOG, { owner, n: 100 - n, deep: { list: [n] } });
				else await storage.transact([{ put: LOG, record: { owner, n: 100 - n, deep: { list: [n] } }, if: "absent" }]);
			}
		}
		const expected = numbers(10).map((n) => 100 - n);
		const of = (found: Fields[], owner: string) => found.filter((record) => record.owner === owner);
		const { found } = await follow(given, {
			hashes,
			limit: 3,
			until: (all) => hashes.every((owner) => of(all, owner).length >= 10),
		});
		for (const owner of hashes) assert.ok(inOrder(of(found, owner), expected), JSON.stringify(of(found, owner)));
		assert.deepEqual(found[0]?.deep, { list: [1] });
	});

	add("an update that makes a record is an insertion; all of one transaction appear", async (given) => {
		const { storage, hash } = given;
		await storage.update(LOG, [hash(), 1], { set: [["text", "x"]] });
		await storage.transact(
			numbers(5).map((n) => ({ update: LOG, key: [hash(), n + 1], change: { set: [["text", "y"]] } })),
		);
		const { found } = await follow(given, {
			hashes: [hash()],
			until: (all) => new Set(all.map(({ n }) => n)).size === 6,
		});
		assert.deepEqual(found[0], { owner: hash(), n: 1, text: "x" });
	});

	add("a cursor continues, with nothing left out", async (given) => {
		const { storage, hash } = given;
		const options = { hashes: [hash()] };
		for (const n of numbers(3)) await storage.put(LOG, { owner: hash(), n });
		const first = await follow(given, { ...options, until: (all) => inOrder(all, [1, 2, 3]) });
		for (const n of [4, 5]) await storage.put(LOG, { owner: hash(), n });
		const until = (all: Fields[]) => all.some(({ n }) => n === 5);
		for (const limit of [1, 1000]) {
			const { found } = await follow(given, { ...options, from: first.cursor, limit, until });
			assert.ok(found.some(({ n }) => n === 4));
		}
		const { found } = await follow(given, { ...options, until });
		assert.ok(inOrder(found, numbers(5)), "reading from the start again brings all");
	});

	add("overwriting and deleting are no insertions; inserting after a deletion is one", async (given) => {
		const { storage, hash } = given;
		const options = { hashes: [hash()] };
		for (const n of numbers(2)) await storage.put(LOG, { owner: hash(), n, version: 1 });
		const first = await follow(given, { ...options, until: (all) => inOrder(all, [1, 2]) });
		await storage.put(LOG, { owner: hash(), n: 1, version: 2 });
		await storage.update(LOG, [hash(), 1], { add: [["version", 1]] });
		await storage.transact([{ update: LOG, key: [hash(), 1], change: { add: [["version", 1]] } }]);
		await storage.delete(LOG, [hash(), 2]);
		await storage.put(LOG, { owner: hash(), n: 2, version: 5 });
		const until = (all: Fields[]) => all.some(({ version }) => version === 5);
		const { found } = await follow(given, { ...options, from: first.cursor, until });
		assert.deepEqual(
			found.filter(({ n, version }) => n === 1 && version !== 1),
			[],
		);
	});

	add("what failed is never in the feed", async (given) => {
		const { storage, hash } = given;
		await storage.put(LOG, { owner: hash(), n: 1 });
		const put = { put: LOG, record: { owner: hash(), n: 2 } };
		await fails(storage.transact([put, { check: LOG, key: [hash(), 1], if: "absent" }]), "condition_failed");
		await storage.put(LOG, { owner: hash(), n: 3 });
		const { found } = await follow(given, { hashes: [hash()], until: (all) => all.some(({ n }) => n === 3) });
		assert.ok(inOrder(found, [1, 3]));
	});

	add("an insertion in place of an ended record is in the feed, the ended one is not", async (given) => {
		const { storage, hash, now, pass } = given;
		await storage.put(LOG, { owner: hash(), n: 1, old: true, endsAt: now() + 60 });
		await storage.put(LOG, { owner: hash(), n: 2, old: true, endsAt: now() + 60 });
		pass(61);
		await storage.put(LOG, { owner: hash(), n: 1, old: false });
		const { found } = await follow(given, { hashes: [hash()], until: (all) => all.length > 0 });
		assert.deepEqual(found, [{ owner: hash(), n: 1, old: false }]);
	});

	add("a limit is kept, and an empty page has a cursor too", async (given) => {
		const { storage, hash } = given;
		await Promise.all(numbers(20).map((n) => storage.put(LOG, { owner: hash(), n })));
		for (const limit of [1, 7]) {
			const page = await storage.feed(LOG, undefined, limit);
			assert.ok(page.records.length <= limit);
			assert.equal(typeof page.cursor, "string");
		}
	});

	add("a malformed reading of the feed is refused", async ({ storage, hash }) => {
		await fails(storage.feed(NOTES, undefined, 10), "invalid_query");
		for (const limit of [0, -1, 1.5, 1001, Number.NaN])
			await fails(storage.feed(LOG, undefined, limit), "invalid_query");
		for (const cursor of ["", "x", "e30", "W10"]) await fails(storage.feed(LOG, cursor, 10), "invalid_query");
		for (const n of numbers(2)) await storage.put(LOG, { owner: hash(), n });
		const { cursor } = await storage.query(LOG, { hash: hash(), limit: 1 });
		assert.ok(cursor);
		await fails(storage.feed(LOG, cursor, 10), "invalid_query");
	});
}
