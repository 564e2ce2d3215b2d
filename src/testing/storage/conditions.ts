import assert from "node:assert/strict";
import { ConditionFailed } from "../../protocol/errors.js";
import type { Condition, Test } from "../../storage/Storage.js";
import { type Add, type Fields, fails, numbers, SINGLES } from "./given.js";

/** What each condition means, on a record and on none; that it's tested and written in one step. */
export function conditionCases(add: Add): void {
	const record = {
		n: 5,
		zero: 0,
		text: "x",
		empty: "",
		yes: true,
		no: false,
		nothing: null,
		list: [1],
		in: { n: 5, nothing: null },
	};

	const onRecord: readonly (readonly [Test, boolean])[] = [
		[{ path: "n", eq: 5 }, true],
		[{ path: "n", eq: 6 }, false],
		[{ path: "n", eq: "5" }, false],
		[{ path: "zero", eq: 0 }, true],
		[{ path: "zero", eq: false }, false],
		[{ path: "text", eq: "x" }, true],
		[{ path: "text", eq: "X" }, false],
		[{ path: "empty", eq: "" }, true],
		[{ path: "yes", eq: true }, true],
		[{ path: "yes", eq: false }, false],
		[{ path: "yes", eq: 1 }, false],
		[{ path: "no", eq: false }, true],
		[{ path: "nothing", eq: null }, true],
		[{ path: "missing", eq: null }, false],
		[{ path: "missing", eq: "" }, false],
		[{ path: ["in", "n"], eq: 5 }, true],
		[{ path: ["in", "n"], eq: 4 }, false],
		[{ path: ["in", "nothing"], eq: null }, true],
		[{ path: ["in", "missing"], eq: null }, false],
		[{ path: "n", exists: true }, true],
		[{ path: "n", exists: false }, false],
		[{ path: "nothing", exists: true }, true],
		[{ path: "missing", exists: true }, false],
		[{ path: "missing", exists: false }, true],
		[{ path: "constructor", exists: true }, false],
		[{ path: ["in", "n"], exists: true }, true],
		[{ path: ["in", "toString"], exists: true }, false],
		[{ path: ["missing", "n"], exists: false }, true],
		[{ path: ["text", "length"], exists: true }, false],
		[{ path: ["list", "0"], exists: true }, false],
		[{ path: "n", below: 6 }, true],
		[{ path: "n", below: 5 }, false],
		[{ path: "n", below: 4.5 }, false],
		[{ path: "missing", below: 0 }, true],
		[{ path: ["in", "n"], below: 5.5 }, true],
		[{ path: ["in", "n"], below: 5 }, false],
		[{ path: ["in", "missing"], below: -1 }, true],
		[{ path: ["missing", "n"], below: -1 }, true],
		[{ path: "text", below: 100 }, false],
		[{ path: "nothing", below: 100 }, false],
		[{ path: "no", below: 100 }, false],
	];
	for (const [test, expected] of onRecord) {
		add(`on a record, ${JSON.stringify(test)} ${expected ? "holds" : "fails"}`, async ({ storage, hash }) => {
			await storage.put(SINGLES, { owner: hash(), ...record });
			const call = storage.update(SINGLES, [hash()], { set: [["written", true]] }, [test]);
			if (expected) await call;
			else await fails(call, "condition_failed");
			assert.equal((await storage.get(SINGLES, [hash()]))?.written, expected ? true : undefined);
		});
	}

	const onNone: readonly (readonly [Condition, boolean])[] = [
		["absent", true],
		[[], true],
		[[{ path: "a", exists: false }], true],
		[[{ path: "a", exists: true }], false],
		[[{ path: "owner", exists: true }], false],
		[[{ path: ["a", "b"], exists: false }], true],
		[[{ path: "a", eq: null }], false],
		[[{ path: "a", below: 1 }], true],
		[[{ path: ["a", "b"], below: 1 }], true],
	];
	for (const [condition, expected] of onNone) {
		add(
			`on an absent record, ${JSON.stringify(condition)} ${expected ? "holds" : "fails"}`,
			async ({ storage, hash }) => {
				const calls = [
					() => storage.put(SINGLES, { owner: hash("put") }, condition),
					() => storage.update(SINGLES, [hash("update")], { set: [["a", 1]] }, condition),
					() => storage.delete(SINGLES, [hash("delete")], condition),
					() => storage.transact([{ check: SINGLES, key: [hash("check")], if: condition }]),
				];
				for (const call of calls) {
					if (expected) await call();
					else await fails(call(), "condition_failed");
				}
				assert.equal((await storage.get(SINGLES, [hash("put")])) !== undefined, expected);
				assert.equal((await storage.get(SINGLES, [hash("update")])) !== undefined, expected);
			},
		);
	}

	add("all tests of a condition must hold", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), ...record });
		const holding: Test[] = [
			{ path: "n", eq: 5 },
			{ path: "text", exists: true },
			{ path: ["in", "n"], below: 6 },
		];
		await storage.put(SINGLES, { owner: hash(), ...record, written: 1 }, holding);
		await fails(storage.delete(SINGLES, [hash()], [...holding, { path: "text", exists: false }]), "condition_failed");
		assert.equal((await storage.get(SINGLES, [hash()]))?.written, 1);
		await storage.delete(SINGLES, [hash()], holding);
		assert.equal(await storage.get(SINGLES, [hash()]), undefined);
	});

	add("a failed condition writes nothing and gives the record that stood in the way", async ({ storage, hash }) => {
		const there = { owner: hash(), version: 1, deep: { list: [1, null] } };
		await storage.put(SINGLES, there, "absent");
		const unlike: Condition = [{ path: "version", eq: 2 }];
		const calls = [
			() => storage.put(SINGLES, { owner: hash(), version: 9 }, "absent"),
			() => storage.put(SINGLES, { owner: hash(), version: 9 }, unlike),
			() => storage.update(SINGLES, [hash()], { set: [["version", 9]] }, "absent"),
			() => storage.update(SINGLES, [hash()], { set: [["version", 9]] }, unlike),
			() => storage.delete(SINGLES, [hash()], "absent"),
			() => storage.delete(SINGLES, [hash()], unlike),
		];
		for (const call of calls) {
			const error = await fails(call(), "condition_failed");
			assert.ok(error instanceof ConditionFailed);
			assert.deepEqual([...error.failed], [[0, there]]);
			assert.deepEqual(await storage.get(SINGLES, [hash()]), there);
		}
		const none = await fails(storage.delete(SINGLES, [hash("none")], unlike), "condition_failed");
		assert.deepEqual([...(none as ConditionFailed).failed], [[0, undefined]]);
	});

	add("of many writers that demand absence, one wins", async ({ storage, hash }) => {
		const outcomes = await Promise.allSettled(
			numbers(50).map((n) => storage.put(SINGLES, { owner: hash(), n }, "absent")),
		);
		const won = outcomes.flatMap(({ status }, i) => (status === "fulfilled" ? [i + 1] : []));
		assert.equal(won.length, 1);
		for (const outcome of outcomes) {
			if (outcome.status === "rejected") assert.ok(outcome.reason instanceof ConditionFailed, String(outcome.reason));
		}
		assert.equal((await storage.get(SINGLES, [hash()]))?.n, won[0]);
	});

	const list = (record: Fields | undefined) => (record?.by ?? []) as number[];
	add("read, then write under a condition: no change is lost", async ({ storage, hash }) => {
		await storage.put(SINGLES, { owner: hash(), version: 0, by: [] });
		const append = async (writer: number): Promise<void> => {
			const before = await storage.get(SINGLES, [hash()]);
			const version = Number(before?.version);
			const by = [...list(before), writer];
			await storage
				.put(SINGLES, { owner: hash(), version: version + 1, by }, [{ path: "version", eq: version }])
				.catch((error: unknown) => {
					if (error instanceof ConditionFailed) return append(writer);
					throw error;
				});
		};
		await Promise.all(numbers(10).map(append));
		const after = await storage.get(SINGLES, [hash()]);
		assert.equal(after?.version, 10);
		assert.deepEqual(
			list(after).sort((a, b) => a - b),
			numbers(10),
		);
	});
}
