import assert from "node:assert/strict";
import type { Query } from "../../storage/Storage.js";
import { type Add, eventually, fails, type Given, NOTES, numbers } from "./given.js";
import { all } from "./queries.js";

/** Queries by an index, which may lag behind what was written. */
export function indexCases(add: Add): void {
	/** Waits until the index holds just these, by their `at`. */
	const holds = ({ storage }: Given, query: Query, expected: readonly string[]) =>
		eventually(async () => {
			const found = await all(storage, NOTES, query);
			assert.deepEqual(
				found.map(({ at }) => at),
				expected,
			);
		});

	add("an index orders by its own range, over the hashes of the collection", async (given) => {
		const { storage, hash } = given;
		const state = hash("open");
		await storage.put(NOTES, { owner: hash("one"), at: "a", state, rank: 3 });
		await storage.put(NOTES, { owner: hash("two"), at: "b", state, rank: -1.5 });
		await storage.put(NOTES, { owner: hash("one"), at: "c", state, rank: 2 });
		await storage.put(NOTES, { owner: hash("one"), at: "d", state: hash("closed"), rank: 1 });
		await holds(given, { hash: state, index: "byState" }, ["b", "c", "a"]);
		await holds(given, { hash: state, index: "byState", order: "desc" }, ["a", "c", "b"]);
		await holds(given, { hash: state, index: "byState", range: { from: 2 } }, ["c", "a"]);
		await holds(given, { hash: state, index: "byState", range: { between: [-1.5, 2] } }, ["b", "c"]);
		const { records } = await storage.query(NOTES, { hash: state, index: "byState", limit: 1 });
		assert.deepEqual(records, [{ owner: hash("two"), at: "b", state, rank: -1.5 }], "a record is whole in an index");
	});

	add("an index may order one hash of the collection by another field", async (given) => {
		const { storage, hash } = given;
		await storage.put(NOTES, { owner: hash(), at: "a", rank: 2 });
		await storage.put(NOTES, { owner: hash(), at: "b", rank: 1 });
		await storage.put(NOTES, { owner: hash(), at: "c" });
		await holds(given, { hash: hash(), index: "byOwner" }, ["b", "a"]);
		await holds(given, { hash: hash(), index: "byOwner", range: { after: 1 } }, ["a"]);
	});

	add("a record that lacks an index's fields isn't in it", async (given) => {
		const { storage, hash } = given;
		const state = hash("open");
		await storage.put(NOTES, { owner: hash(), at: "both", state, rank: 1, author: hash("author") });
		await storage.put(NOTES, { owner: hash(), at: "no rank", state, author: hash("author") });
		await storage.put(NOTES, { owner: hash(), at: "no state", rank: 1 });
		await holds(given, { hash: state, index: "byState" }, ["both"]);
		await eventually(async () => {
			const found = await all(storage, NOTES, { hash: hash("author"), index: "byAuthor" });
			assert.deepEqual(found.map(({ at }) => at).sort(), ["both", "no rank"]);
		});
	});

	add("a record enters, moves in and leaves an index by every kind of write", async (given) => {
		const { storage, hash } = given;
		const [open, closed] = [hash("open"), hash("closed")];
		const key = [hash(), "a"] as const;
		const where = async (inOpen: readonly string[], inClosed: readonly string[]) => {
			await holds(given, { hash: open, index: "byState" }, inOpen);
			await holds(given, { hash: closed, index: "byState" }, inClosed);
		};
		await storage.put(NOTES, { owner: hash(), at: "b", state: open, rank: 5 });
		await storage.put(NOTES, { owner: hash(), at: "a" });
		await where(["b"], []);
		await storage.update(NOTES, key, {
			set: [
				["state", open],
				["rank", 1],
			],
		});
		await where(["a", "b"], []);
		await storage.update(NOTES, key, { add: [["rank", 5]] });
		await where(["b", "a"], []);
		await storage.transact([{ update: NOTES, key, change: { set: [["state", closed]] } }]);
		await where(["b"], ["a"]);
		await storage.put(NOTES, { owner: hash(), at: "a", state: open, rank: 0 });
		await where(["a", "b"], []);
		await storage.update(NOTES, key, { remove: ["rank"] });
		await where(["b"], []);
		await storage.delete(NOTES, [hash(), "b"]);
		await where([], []);
	});

	add("pages of an index neither repeat nor leave out records of the same rank", async (given) => {
		const { storage, hash } = given;
		const state = hash("open");
		for (const n of numbers(17)) {
			await storage.put(NOTES, { owner: hash(`${n % 3}`), at: `${n + 10}`, state, rank: n % 2, author: state });
		}
		for (const order of ["asc", "desc"] as const) {
			for (const index of ["byState", "byAuthor"]) {
				await eventually(async () => {
					const found = await all(storage, NOTES, { hash: state, index, order, limit: 4 });
					assert.deepEqual(
						found.map(({ at }) => Number(at) - 10).sort((a, b) => a - b),
						numbers(17),
					);
					if (index !== "byState") return;
					const ranks = found.map(({ rank }) => Number(rank));
					assert.deepEqual(
						ranks,
						[...ranks].sort((a, b) => (order === "asc" ? a - b : b - a)),
					);
				});
			}
		}
	});

	add("a cursor of another index is refused", async (given) => {
		const { storage, hash } = given;
		for (const [rank, at] of ["a", "b"].entries())
			await storage.put(NOTES, { owner: hash(), at, author: hash(), state: hash(), rank });
		await holds(given, { hash: hash(), index: "byState", limit: 2 }, ["a", "b"]);
		const { cursor } = await storage.query(NOTES, { hash: hash(), index: "byState", limit: 1 });
		assert.ok(cursor);
		await fails(storage.query(NOTES, { hash: hash(), index: "byAuthor", cursor }), "invalid_query");
		await fails(storage.query(NOTES, { hash: hash(), cursor }), "invalid_query");
	});

	add("a field of an index has its type wherever it's there", async ({ storage, hash }) => {
		const wrong = [{ state: null }, { state: "" }, { state: 1 }, { rank: "1" }, { rank: null }, { author: true }];
		for (const fields of wrong) {
			await fails(storage.put(NOTES, { owner: hash(), at: "a", ...fields }), "invalid_query");
			const set = Object.entries(fields);
			await fails(storage.update(NOTES, [hash(), "a"], { set }), "invalid_query");
		}
		assert.equal(await storage.get(NOTES, [hash(), "a"]), undefined);
	});
}
