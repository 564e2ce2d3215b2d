import assert from "node:assert/strict";
import { ConditionFailed } from "../../protocol/errors.js";
import type { Write } from "../../storage/Storage.js";
import { type Add, fails, NOTES, numbers, POINTS, SINGLES } from "./given.js";

/** Transactions: all of their writes happen at once, or none does. */
export function transactionCases(add: Add): void {
	add("a transaction puts, updates, deletes and checks, over collections", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), next: 1, in: { a: 1 } });
		await storage.put(NOTES, { owner: hash(), at: "gone" });
		await storage.put(NOTES, { owner: hash(), at: "checked", ok: true });
		await storage.transact([
			{
				update: SINGLES,
				key: [hash()],
				change: { add: [["next", 1]], set: [[["in", "a"], 2]] },
				if: [{ path: "next", eq: 1 }],
			},
			{ put: POINTS, record: { owner: hash(), n: 1, text: "x" }, if: "absent" },
			{ delete: NOTES, key: [hash(), "gone"], if: [{ path: "at", exists: true }] },
			{ check: NOTES, key: [hash(), "checked"], if: [{ path: "ok", eq: true }] },
			{ check: NOTES, key: [hash(), "none"], if: "absent" },
			{ update: NOTES, key: [hash(), "new"], change: { set: [["text", "y"]] } },
		]);
		assert.deepEqual(await storage.get(SINGLES, [hash()]), { owner: hash(), next: 2, in: { a: 2 } });
		assert.deepEqual(await storage.get(POINTS, [hash(), 1]), { owner: hash(), n: 1, text: "x" });
		assert.deepEqual((await storage.query(NOTES, { hash: hash() })).records, [
			{ owner: hash(), at: "checked", ok: true },
			{ owner: hash(), at: "new", text: "y" },
		]);
	});

	add("a check alone is a transaction, and writes nothing", async ({ storage, hash }) => {
		await storage.transact([{ check: SINGLES, key: [hash()], if: "absent" }]);
		assert.equal(await storage.get(SINGLES, [hash()]), undefined);
		await fails(
			storage.transact([{ check: SINGLES, key: [hash()], if: [{ path: "a", exists: true }] }]),
			"condition_failed",
		);
	});

	const good = (hash: string): Write[] => [
		{ put: POINTS, record: { owner: hash, n: 1 } },
		{ update: SINGLES, key: [hash], change: { add: [["n", 1]] } },
		{ delete: NOTES, key: [hash, "there"] },
	];
	const bad: readonly (readonly [string, (hash: string) => Write])[] = [
		["put", (hash) => ({ put: NOTES, record: { owner: hash, at: "in the way" }, if: "absent" })],
		["update", (hash) => ({ update: NOTES, key: [hash, "in the way"], change: {}, if: [{ path: "a", eq: 2 }] })],
		["delete", (hash) => ({ delete: NOTES, key: [hash, "in the way"], if: [{ path: "a", exists: false }] })],
		["check", (hash) => ({ check: NOTES, key: [hash, "in the way"], if: "absent" })],
	];
	for (const [name, write] of bad) {
		add(`where the condition of a ${name} fails, nothing is written`, async ({ storage, hash }) => {
			const inTheWay = { owner: hash(), at: "in the way", a: 1 };
			await storage.put(NOTES, inTheWay);
			await storage.put(NOTES, { owner: hash(), at: "there" });
			for (const position of [0, 1, 3]) {
				const writes = good(hash());
				writes.splice(position, 0, write(hash()));
				const error = await fails(storage.transact(writes), "condition_failed");
				assert.ok(error instanceof ConditionFailed);
				assert.deepEqual([...error.failed], [[position, inTheWay]]);
			}
			assert.equal(await storage.get(POINTS, [hash(), 1]), undefined);
			assert.equal(await storage.get(SINGLES, [hash()]), undefined);
			assert.equal((await storage.query(NOTES, { hash: hash() })).records.length, 2);
		});
	}

	add("all conditions that failed are told, each with the record in its way", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash("a"), v: 1 });
		await storage.put(SINGLES, { owner: hash("c"), v: 3 });
		const error = await fails(
			storage.transact([
				{ put: SINGLES, record: { owner: hash("a") }, if: "absent" },
				{ put: SINGLES, record: { owner: hash("b") }, if: "absent" },
				{ update: SINGLES, key: [hash("c")], change: { add: [["v", 1]] }, if: [{ path: "v", below: 3 }] },
				{ check: SINGLES, key: [hash("d")], if: [{ path: "v", exists: true }] },
			]),
			"condition_failed",
		);
		assert.deepEqual(
			[...(error as ConditionFailed).failed].sort(([a], [b]) => a - b),
			[
				[0, { owner: hash("a"), v: 1 }],
				[2, { owner: hash("c"), v: 3 }],
				[3, undefined],
			],
		);
	});

	add("where a change has an invalid path, nothing is written", async ({ storage, hash }) => {
		const invalid: Write = { update: SINGLES, key: [hash("x")], change: { set: [[["in", "a"], 1]] } };
		await fails(storage.transact([...good(hash()), invalid]), "invalid_path");
		assert.equal(await storage.get(POINTS, [hash(), 1]), undefined);
		assert.equal(await storage.get(SINGLES, [hash()]), undefined);
	});

	add("a transaction has 1 to maxWrites writes", async ({ storage, hash }) => {
		const { maxWrites } = storage;
		assert.ok(maxWrites >= 10);
		const writes = (count: number): Write[] =>
			numbers(count).map((n) => ({ put: POINTS, record: { owner: hash(), n } }));
		await fails(storage.transact([]), "invalid_query");
		await fails(storage.transact(writes(maxWrites + 1)), "invalid_query");
		await storage.transact(writes(maxWrites));
		assert.equal((await storage.query(POINTS, { hash: hash(), limit: 1_000 })).records.length, maxWrites);
	});

	add("a transaction's writes are to different records", async ({ storage, hash }) => {
		const key = [hash()] as const;
		const writes: Write[] = [
			{ put: SINGLES, record: { owner: hash() } },
			{ update: SINGLES, key, change: {} },
			{ delete: SINGLES, key },
			{ check: SINGLES, key, if: "absent" },
		];
		for (const one of writes) {
			for (const other of writes) await fails(storage.transact([one, other]), "invalid_query");
		}
		assert.equal(await storage.get(SINGLES, [hash()]), undefined);
	});

	add(
		"of transactions that demand the same, one wins, and nothing of the others is seen",
		async ({ storage, hash }) => {
			await storage.put(SINGLES, { owner: hash(), next: 1 });
			const outcomes = await Promise.allSettled(
				numbers(20).map((n) =>
					storage.transact([
						{ update: SINGLES, key: [hash()], change: { add: [["next", 1]] }, if: [{ path: "next", eq: 1 }] },
						{ put: POINTS, record: { owner: hash(), n } },
					]),
				),
			);
			for (const outcome of outcomes) {
				if (outcome.status === "rejected") assert.ok(outcome.reason instanceof ConditionFailed, String(outcome.reason));
			}
			const won = outcomes.flatMap(({ status }, i) => (status === "fulfilled" ? [i + 1] : []));
			assert.equal(won.length, 1);
			assert.equal((await storage.get(SINGLES, [hash()]))?.next, 2);
			assert.deepEqual(
				(await storage.query(POINTS, { hash: hash() })).records.map(({ n }) => n),
				won,
			);
		},
	);

	add("transactions of many writers that try again leave no hole and lose nothing", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), seq: 0 });
		const append = async (writer: number): Promise<void> => {
			const seq = Number((await storage.get(SINGLES, [hash()]))?.seq) + 1;
			try {
				await storage.transact([
					{ update: SINGLES, key: [hash()], change: { set: [["seq", seq]] }, if: [{ path: "seq", eq: seq - 1 }] },
					{ put: POINTS, record: { owner: hash(), n: seq, writer }, if: "absent" },
				]);
			} catch (error) {
				if (!(error instanceof ConditionFailed)) throw error;
				await append(writer);
			}
		};
		await Promise.all(numbers(12).map(append));
		const { records } = await storage.query(POINTS, { hash: hash() });
		assert.deepEqual(
			records.map(({ n }) => n),
			numbers(12),
		);
		assert.equal(new Set(records.map(({ writer }) => writer)).size, 12);
	});
}
