import { DescribeTableCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createTables, DynamoStorage, tableDefinition, timeToLive } from "../../src/storage/dynamodb/index.js";
import { type AnyCollection, defineCollection, type Json } from "../../src/storage/Storage.js";
import { storageSuite } from "../../src/testing/storageSuite.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";

const CHATS = defineCollection<{ app: string; seq: number; [field: string]: Json | undefined }>({
	name: "chats",
	key: { hash: "app", range: { field: "seq", type: "number" } },
	indexes: { byAgent: { hash: "agent", range: { field: "at", type: "string" } }, byState: { hash: "state" } },
	expires: "endsAt",
	feed: true,
});
const PLAIN = defineCollection<{ id: string; [field: string]: Json | undefined }>({
	name: "plain",
	key: { hash: "id" },
});

describe("the tables", () => {
	test("of a collection with everything", () => {
		expect(tableDefinition(CHATS, "dev-")).toEqual({
			TableName: "dev-chats",
			BillingMode: "PAY_PER_REQUEST",
			AttributeDefinitions: [
				{ AttributeName: "app", AttributeType: "S" },
				{ AttributeName: "seq", AttributeType: "N" },
				{ AttributeName: "agent", AttributeType: "S" },
				{ AttributeName: "at", AttributeType: "S" },
				{ AttributeName: "state", AttributeType: "S" },
			],
			KeySchema: [
				{ AttributeName: "app", KeyType: "HASH" },
				{ AttributeName: "seq", KeyType: "RANGE" },
			],
			GlobalSecondaryIndexes: [
				{
					IndexName: "byAgent",
					KeySchema: [
						{ AttributeName: "agent", KeyType: "HASH" },
						{ AttributeName: "at", KeyType: "RANGE" },
					],
					Projection: { ProjectionType: "ALL" },
				},
				{
					IndexName: "byState",
					KeySchema: [{ AttributeName: "state", KeyType: "HASH" }],
					Projection: { ProjectionType: "ALL" },
				},
			],
			StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
		});
		expect(timeToLive(CHATS, "dev-")).toEqual({
			TableName: "dev-chats",
			TimeToLiveSpecification: { Enabled: true, AttributeName: "endsAt" },
		});
	});

	test("of a collection with nothing but a key", () => {
		expect(tableDefinition(PLAIN)).toEqual({
			TableName: "plain",
			BillingMode: "PAY_PER_REQUEST",
			AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
			KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
		});
		expect(timeToLive(PLAIN)).toBeUndefined();
	});

	test("of a collection with a feed, whose records don't expire", () => {
		const { StreamSpecification } = tableDefinition({ ...PLAIN, feed: true });
		expect(StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: "NEW_IMAGE" });
	});
});

await onDynamodbLocal(({ endpoint, client }) => {
	const streams = new DynamoDBStreamsClient(localSettings(endpoint));
	afterAll(() => streams.destroy());

	describe("the storage contract", () => {
		storageSuite(test, async (collections: readonly AnyCollection[], clock: () => number) => {
			await createTables(client, collections);
			return new DynamoStorage({ client, streams, clock });
		});
	});

	describe("what is in the tables", () => {
		const storage = new DynamoStorage({ client, prefix: "own-" });
		const item = async (id: string) =>
			(await client.send(new GetItemCommand({ TableName: "own-plain", Key: { id: { S: id } } }))).Item;

		beforeAll(() => createTables(client, [CHATS, PLAIN], "own-"));

		test("creating tables twice is fine, and changes nothing", async () => {
			const { Table: before } = await client.send(new DescribeTableCommand({ TableName: "own-chats" }));
			await createTables(client, [CHATS, PLAIN], "own-");
			const { Table: after } = await client.send(new DescribeTableCommand({ TableName: "own-chats" }));
			expect(after).toEqual(before);
		});

		test("a record is the item, field by field", async () => {
			await storage.put(PLAIN, { id: "fields", text: "x", n: 1.5, yes: true, no: null, list: [1], in: { a: "b" } });
			expect(await item("fields")).toEqual({
				id: { S: "fields" },
				text: { S: "x" },
				n: { N: "1.5" },
				yes: { BOOL: true },
				no: { NULL: true },
				list: { L: [{ N: "1" }] },
				in: { M: { a: { S: "b" } } },
			});
		});

		test("what DynamoDB can't hold comes back as it was", async () => {
			let deep: Json = "bottom";
			for (let level = 0; level < 100; level++) deep = level % 2 ? [deep] : { deep };
			const record = {
				id: "odd",
				texts: ["", "\u0000", "\u0000\u0000", "\u0000j1", "\ud800", "a\udfffb", "\u0000\ud800"],
				fields: { "": 1, "\u0000": 2, "\u0000j": 3, "\ud800": 4 },
				numbers: [1e126, -1e126, 9.99e125, 1e-130, 9.9e-131, 5e-324, -Number.MAX_VALUE],
				deep,
			};
			await storage.put(PLAIN, record);
			expect(await storage.get(PLAIN, ["odd"])).toEqual(record);
		});

		test("an odd value is found by a condition, and one that can't be compared is refused", async () => {
			await storage.put(PLAIN, { id: "tests", empty: "", huge: 1e300 });
			await storage.put(PLAIN, { id: "tests", empty: "", huge: 1e300 }, [
				{ path: "empty", eq: "" },
				{ path: "huge", eq: 1e300 },
			]);
			const call = storage.delete(PLAIN, ["tests"], [{ path: "id", below: 1e300 }]);
			await expect(call).rejects.toMatchObject({ code: "invalid_query" });
		});

		test("an item that is larger than its JSON is refused as a record that is too large", async () => {
			const call = storage.put(PLAIN, { id: "large", list: Array.from({ length: 180_000 }, () => 1) });
			await expect(call).rejects.toMatchObject({ code: "record_too_large" });
		});

		test("a table that isn't there is a mistake of the configuration, which the error names", async () => {
			const call = new DynamoStorage({ client, prefix: "nowhere-" }).get(PLAIN, ["x"]);
			await expect(call).rejects.toMatchObject({
				code: "configuration_invalid",
				message: expect.stringContaining("ResourceNotFound"),
			});
		});

		test("a clock of ours decides what is expired, not DynamoDB's removal", async () => {
			const Item = { app: { S: "a" }, seq: { N: "1" }, endsAt: { N: "100" } };
			await client.send(new PutItemCommand({ TableName: "own-chats", Item }));
			const at = (ms: number) => new DynamoStorage({ client, prefix: "own-", clock: () => ms }).get(CHATS, ["a", 1]);
			expect(await at(99_999)).toEqual({ app: "a", seq: 1, endsAt: 100 });
			expect(await at(100_000)).toBeUndefined();
		});

		test("closing leaves a given client open", async () => {
			await new DynamoStorage({ client }).close();
			expect(await storage.get(PLAIN, ["fields"])).toBeDefined();
		});
	});
});
