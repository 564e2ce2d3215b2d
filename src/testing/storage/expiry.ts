import assert from "node:assert/strict";
import { ConditionFailed } from "../../protocol/errors.js";
import { type Add, eventually, fails, type Given, NOTES, numbers } from "./given.js";

/** A record past its end is gone for every call, at once. */
export function expiryCases(add: Add): void {
	/** A record that has just ended. */
	const ended = async ({ storage, hash, now, pass }: Given, fields: object = {}) => {
		await storage.put(NOTES, { owner: hash(), at: "a", old: 1, endsAt: now() + 60, ...fields });
		pass(59.5);
		assert.ok(await storage.get(NOTES, [hash(), "a"]), "a record is there until its end");
		pass(1);
	};

	add("get doesn't find an ended record", async (given) => {
		await ended(given);
		assert.equal(await given.storage.get(NOTES, [given.hash(), "a"]), undefined);
	});

	add("batchGet doesn't find an ended record", async (given) => {
		await ended(given);
		await given.storage.put(NOTES, { owner: given.hash(), at: "b" });
		const records = await given.storage.batchGet(NOTES, [
			[given.hash(), "a"],
			[given.hash(), "b"],
		]);
		assert.deepEqual(records, [undefined, { owner: given.hash(), at: "b" }]);
	});

	add("query doesn't find ended records, and its pages lose nothing by them", async ({ storage, hash, now, pass }) => {
		for (const n of numbers(40)) {
			const endsAt = n % 4 === 1 ? undefined : now() + 60;
			await storage.put(NOTES, { owner: hash(), at: `${n + 100}`, n, endsAt });
		}
		pass(61);
		const found: unknown[] = [];
		let cursor: string | undefined;
		do {
			const page = await storage.query(NOTES, { hash: hash(), limit: 3, cursor });
			found.push(...page.records.map(({ n }) => n));
			cursor = page.cursor;
		} while (cursor !== undefined);
		assert.deepEqual(found, [1, 5, 9, 13, 17, 21, 25, 29, 33, 37]);
	});

	add("an index doesn't hold ended records", async ({ storage, hash, now, pass }) => {
		const state = hash("state");
		await storage.put(NOTES, { owner: hash(), at: "a", state, rank: 1, endsAt: now() + 60 });
		await storage.put(NOTES, { owner: hash(), at: "b", state, rank: 2 });
		await eventually(async () => {
			assert.equal((await storage.query(NOTES, { hash: state, index: "byState" })).records.length, 2);
		});
		pass(61);
		const { records } = await storage.query(NOTES, { hash: state, index: "byState" });
		assert.deepEqual(
			records.map(({ at }) => at),
			["b"],
		);
	});

	add("an ended record counts as absent for a condition, and stands in no way", async (given) => {
		const { storage, hash } = given;
		await ended(given);
		const key = [hash(), "a"] as const;
		const error = await fails(storage.delete(NOTES, key, [{ path: "old", exists: true }]), "condition_failed");
		assert.deepEqual([...(error as ConditionFailed).failed], [[0, undefined]]);
		await fails(storage.put(NOTES, { owner: hash(), at: "a" }, [{ path: "old", eq: 1 }]), "condition_failed");
		await fails(storage.update(NOTES, key, {}, [{ path: "old", exists: true }]), "condition_failed");
		await fails(storage.transact([{ check: NOTES, key, if: [{ path: "old", exists: true }] }]), "condition_failed");
		await storage.transact([{ check: NOTES, key, if: "absent" }]);
		await storage.transact([{ check: NOTES, key, if: [{ path: "old", exists: false }] }]);
	});

	add("put on condition of absence replaces an ended record", async (given) => {
		const { storage, hash } = given;
		await ended(given);
		await storage.put(NOTES, { owner: hash(), at: "a", new: 1 }, "absent");
		assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), { owner: hash(), at: "a", new: 1 });
		const again = storage.put(NOTES, { owner: hash(), at: "a" }, "absent");
		assert.ok((await fails(again, "condition_failed")) instanceof ConditionFailed);
	});

	add("of many writers that replace an ended record on condition of absence, one wins", async (given) => {
		const { storage, hash } = given;
		await ended(given);
		const outcomes = await Promise.allSettled(
			numbers(20).map((n) => storage.put(NOTES, { owner: hash(), at: "a", n }, "absent")),
		);
		assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
	});

	add("an update of an ended record starts from nothing", async (given) => {
		const { storage, hash } = given;
		await ended(given, { n: 5, in: { a: 1 } });
		const key = [hash(), "a"] as const;
		await fails(storage.update(NOTES, key, { set: [[["in", "b"], 1]] }), "invalid_path");
		const expected = { owner: hash(), at: "a", n: 1 };
		assert.deepEqual(await storage.update(NOTES, key, { add: [["n", 1]] }), expected);
		assert.deepEqual(await storage.get(NOTES, key), expected);
	});

	add("no addition of many at once to an ended record is lost", async (given) => {
		const { storage, hash } = given;
		await ended(given, { n: 5 });
		await Promise.all(numbers(20).map(() => storage.update(NOTES, [hash(), "a"], { add: [["n", 1]] })));
		assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), { owner: hash(), at: "a", n: 20 });
	});

	add("in a transaction, an update of an ended record starts from nothing too", async (given) => {
		const { storage, hash } = given;
		await ended(given, { n: 5 });
		await storage.transact([
			{ update: NOTES, key: [hash(), "a"], change: { add: [["n", 1]] } },
			{ put: NOTES, record: { owner: hash(), at: "b" }, if: "absent" },
		]);
		assert.deepEqual(await storage.get(NOTES, [hash(), "a"]), { owner: hash(), at: "a", n: 1 });
	});

	add("deleting an ended record is fine", async (given) => {
		await ended(given);
		await given.storage.delete(NOTES, [given.hash(), "a"]);
		await given.storage.delete(NOTES, [given.hash(), "a"], "absent");
	});

	add("the end can be moved before it has come, and taken away", async ({ storage, hash, now, pass }) => {
		for (const at of ["moved", "removed"]) await storage.put(NOTES, { owner: hash(), at, endsAt: now() + 60 });
		await storage.update(NOTES, [hash(), "moved"], { set: [["endsAt", now() + 120]] });
		await storage.update(NOTES, [hash(), "removed"], { remove: ["endsAt"] });
		pass(61);
		assert.ok(await storage.get(NOTES, [hash(), "moved"]));
		pass(60);
		assert.equal(await storage.get(NOTES, [hash(), "moved"]), undefined);
		assert.ok(await storage.get(NOTES, [hash(), "removed"]));
	});

	add("an end that's no number never comes", async ({ storage, hash, pass }) => {
		await storage.put(NOTES, { owner: hash(), at: "null", endsAt: null });
		await storage.put(NOTES, { owner: hash(), at: "text", endsAt: "1" });
		pass(1e6);
		assert.equal((await storage.query(NOTES, { hash: hash() })).records.length, 2);
	});
}
