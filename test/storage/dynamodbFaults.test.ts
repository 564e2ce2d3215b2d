import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { ConditionFailed } from "../../src/protocol/errors.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { defineCollection, type Json } from "../../src/storage/Storage.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { type Fault, FaultyProxy } from "../support/faultyProxy.js";

const COUNTS = defineCollection<{ id: string; [field: string]: Json | undefined }>({
	name: "counts",
	key: { hash: "id" },
});
const ENDING = defineCollection<{ id: string; [field: string]: Json | undefined }>({
	name: "ending",
	key: { hash: "id" },
	expires: "endsAt",
});

const THROTTLED: Fault = {
	refuse: { __type: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", message: "Slow down" },
};
const canceled = (...CancellationReasons: { Code: string; Message?: string }[]): Fault => ({
	refuse: { __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", CancellationReasons },
});
const NONE = { Code: "None" };
const CONFLICT = { Code: "TransactionConflict" };
const LOSSES: readonly Fault[] = [{ lose: "cut" }, { lose: "hang" }, { lose: 500 }];
const ALWAYS = 100;

await onDynamodbLocal(({ endpoint, client }) => {
	const proxy = new FaultyProxy(endpoint);
	let faulty: DynamoDBClient;
	let storage: DynamoStorage;
	let id: string;
	let count = 0;
	const operations = () => proxy.seen.map(({ operation }) => operation);

	beforeAll(async () => {
		await createTables(client, [COUNTS, ENDING]);
		faulty = new DynamoDBClient({
			...localSettings(await proxy.start()),
			maxAttempts: 3,
			requestHandler: { connectionTimeout: 500, requestTimeout: 1_500, throwOnRequestTimeout: true },
		});
		storage = new DynamoStorage({ client: faulty });
	});
	beforeEach(() => {
		proxy.faults = [];
		proxy.seen = [];
		id = `case-${++count}`;
	});
	afterAll(() => {
		faulty.destroy();
		proxy.stop();
	});

	describe("throttling", () => {
		test("is waited out, and nothing is done twice", async () => {
			proxy.faults = [THROTTLED];
			await storage.update(COUNTS, [id], { add: [["n", 1]] });
			proxy.faults = [THROTTLED];
			await storage.put(COUNTS, { id: `${id}-put` }, "absent");
			proxy.faults = [THROTTLED];
			expect(await storage.get(COUNTS, [id])).toEqual({ id, n: 1 });
			proxy.faults = [canceled(NONE, { Code: "ThrottlingError" })];
			await storage.transact([
				{ update: COUNTS, key: [id], change: { add: [["n", 1]] } },
				{ check: COUNTS, key: [`${id}-put`], if: [{ path: "id", exists: true }] },
			]);
			expect(await storage.get(COUNTS, [id])).toEqual({ id, n: 2 });
		});

		test("that lasts is storage_unavailable, with the SDK's error as its cause", async () => {
			proxy.faults = Array(ALWAYS).fill(THROTTLED);
			const error = { code: "storage_unavailable", cause: { name: "ProvisionedThroughputExceededException" } };
			await expect(storage.get(COUNTS, [id])).rejects.toMatchObject(error);
			await expect(storage.put(COUNTS, { id })).rejects.toMatchObject(error);
			await expect(storage.transact([{ put: COUNTS, record: { id } }])).rejects.toMatchObject(error);
		});

		test("of a part of a batch is read again", async () => {
			for (const n of [1, 2]) await storage.put(COUNTS, { id: `${id}-${n}` });
			const Keys = [{ id: { S: `${id}-1` } }, { id: { S: `${id}-2` } }];
			proxy.seen = [];
			const UnprocessedKeys = { counts: { Keys: Keys.slice(1) } };
			proxy.faults = [{ answer: { Responses: { counts: Keys.slice(0, 1) }, UnprocessedKeys } }];
			expect(await storage.batchGet(COUNTS, [[`${id}-2`], [`${id}-1`]])).toEqual([
				{ id: `${id}-2` },
				{ id: `${id}-1` },
			]);
			expect(proxy.seen[1]?.body).toMatchObject({ RequestItems: { counts: { Keys: Keys.slice(1) } } });
		});
	});

	describe("another transaction on the same record", () => {
		test("is waited for, with the same token", async () => {
			proxy.faults = [canceled(CONFLICT, NONE), canceled(CONFLICT, CONFLICT)];
			await storage.transact([
				{ put: COUNTS, record: { id } },
				{ put: COUNTS, record: { id: `${id}-2` }, if: "absent" },
			]);
			expect(new Set(proxy.seen.map(({ body }) => body.ClientRequestToken)).size).toBe(1);
			expect(proxy.seen).toHaveLength(3);
			const conflict = { refuse: { __type: "com.amazonaws.dynamodb.v20120810#TransactionConflictException" } };
			proxy.faults = [conflict];
			await storage.update(COUNTS, [id], { add: [["n", 1]] });
			expect(await storage.get(COUNTS, [id])).toEqual({ id, n: 1 });
		});

		test("that never ends is storage_unavailable", async () => {
			proxy.faults = Array(ALWAYS).fill(canceled(CONFLICT));
			const call = storage.transact([{ put: COUNTS, record: { id } }]);
			await expect(call).rejects.toMatchObject({ code: "storage_unavailable" });
			proxy.faults = [];
			expect(await storage.get(COUNTS, [id])).toBeUndefined();
		});
	});

	for (const loss of LOSSES) {
		describe(`an answer that's lost (${JSON.stringify(loss)}) after the write was done`, () => {
			test("a transaction is sent again, and done once", async () => {
				proxy.faults = [loss];
				await storage.transact([
					{ update: COUNTS, key: [id], change: { add: [["n", 1]] } },
					{ put: COUNTS, record: { id: `${id}-once` }, if: "absent" },
				]);
				expect(operations()).toEqual(["TransactWriteItems", "TransactWriteItems"]);
				expect(await storage.get(COUNTS, [id])).toEqual({ id, n: 1 });
			});

			test("an addition isn't sent again: whether it was done is unknown", async () => {
				proxy.faults = [loss];
				const call = storage.update(COUNTS, [id], { add: [["n", 1]] });
				await expect(call).rejects.toMatchObject({ code: "storage_unavailable" });
				expect(operations()).toEqual(["UpdateItem"]);
				expect(await storage.get(COUNTS, [id])).toEqual({ id, n: 1 });
			});

			test("what can be repeated is", async () => {
				proxy.faults = [loss];
				await storage.put(COUNTS, { id, a: 1 });
				proxy.faults = [loss];
				expect(await storage.update(COUNTS, [id], { set: [["b", 2]] })).toEqual({ id, a: 1, b: 2 });
				proxy.faults = [loss];
				await storage.delete(COUNTS, [id], [{ path: "never", exists: false }]);
				expect(await storage.get(COUNTS, [id])).toBeUndefined();
			});

			test("a condition that its own first attempt made fail isn't said to have failed", async () => {
				proxy.faults = [loss];
				const call = storage.put(COUNTS, { id }, "absent");
				await expect(call).rejects.toMatchObject({ code: "storage_unavailable" });
				expect(await storage.get(COUNTS, [id])).toEqual({ id });
			});
		});
	}

	test("a condition that fails after throttling has failed for certain", async () => {
		await storage.put(COUNTS, { id });
		proxy.faults = [THROTTLED];
		await expect(storage.put(COUNTS, { id }, "absent")).rejects.toBeInstanceOf(ConditionFailed);
	});

	describe("what only AWS itself answers", () => {
		test("the record in the way of a single write comes with the failure, without another request", async () => {
			const __type = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
			proxy.faults = [{ refuse: { __type, Item: { id: { S: id }, n: { N: "7" } } } }];
			const call = storage.update(COUNTS, [id], { set: [["n", 8]] }, [{ path: "n", eq: 6 }]);
			await expect(call).rejects.toMatchObject({ failed: new Map([[0, { id, n: 7 }]]) });
			expect(operations()).toEqual(["UpdateItem"]);
		});

		test("a change inside what's no object is found out within the transaction", async () => {
			const Message = "The document path provided in the update expression is invalid for update";
			proxy.faults = [canceled(NONE, { Code: "ValidationError", Message })];
			const call = storage.transact([
				{ put: COUNTS, record: { id } },
				{ update: COUNTS, key: [`${id}-2`], change: { set: [[["in", "a"], 1]] } },
			]);
			await expect(call).rejects.toMatchObject({ code: "invalid_path" });
		});
	});

	test("a storage that can't be reached is storage_unavailable", async () => {
		const nobody = new DynamoDBClient({ ...localSettings("http://127.0.0.1:9"), maxAttempts: 2 });
		const call = new DynamoStorage({ client: nobody }).put(COUNTS, { id });
		await expect(call).rejects.toMatchObject({ code: "storage_unavailable", cause: expect.anything() });
		nobody.destroy();
	});

	test("closing waits for what is under way", async () => {
		const closing = new DynamoStorage({ client: faulty });
		proxy.faults = [{ before: () => new Promise((resolve) => setTimeout(resolve, 100)) }];
		const writing = closing.put(COUNTS, { id });
		await closing.close();
		expect(await storage.get(COUNTS, [id])).toEqual({ id });
		await writing;
	});

	test("an update of an expired record that lives again meanwhile changes the living one", async () => {
		await storage.put(ENDING, { id, n: 5, endsAt: 1 });
		const other = new DynamoStorage({ client });
		// The update finds an expired record, the read sees which, and then the put comes too late.
		proxy.faults = [undefined, undefined, { before: () => other.put(ENDING, { id, n: 100 }) }];
		proxy.seen = [];
		expect(await storage.update(ENDING, [id], { add: [["n", 1]] })).toEqual({ id, n: 101 });
		expect(operations()).toEqual(["UpdateItem", "GetItem", "PutItem", "GetItem", "UpdateItem"]);
		expect(await storage.get(ENDING, [id])).toEqual({ id, n: 101 });
	});

	test("the hot path costs a read and a transaction, without a request more", async () => {
		await storage.put(COUNTS, { id, seq: 1 });
		proxy.seen = [];
		await storage.get(COUNTS, [id]);
		await storage.transact([
			{ put: COUNTS, record: { id, seq: 2 }, if: [{ path: "seq", eq: 1 }] },
			{ put: COUNTS, record: { id: `${id}-entry` } },
			{ put: COUNTS, record: { id: `${id}-message` }, if: "absent" },
		]);
		expect(operations()).toEqual(["GetItem", "TransactWriteItems"]);
		expect(proxy.seen[0]?.body.ConsistentRead).toBe(true);
	});
});
