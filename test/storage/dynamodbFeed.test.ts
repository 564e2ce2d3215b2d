import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { defineCollection } from "../../src/storage/Storage.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { FakeStream } from "../support/fakeStream.js";

const LOG = defineCollection<{ id: string }>({ name: "log", key: { hash: "id" }, feed: true });

describe("shards", () => {
	let stream: FakeStream;
	let storage: DynamoStorage;
	/** As another process would: nothing but the cursor is left. */
	const restart = () => {
		storage = new DynamoStorage({ client: stream.client, streams: stream.streams });
	};
	/** Reads until a page is empty, with a restart after each one. */
	const readAll = async (cursor?: string, limit = 100) => {
		const ids: string[] = [];
		for (;;) {
			const page = await storage.feed(LOG, cursor, limit);
			cursor = page.cursor;
			if (page.records.length === 0) return { ids, cursor };
			expect(page.records.length).toBeLessThanOrEqual(limit);
			ids.push(...page.records.map(({ id }) => id));
			restart();
		}
	};

	beforeEach(() => {
		stream = new FakeStream();
		restart();
	});

	test("parents are read to their end before their children, once each", async () => {
		// Listed in an order that isn't theirs.
		stream.shards.set("grandchild", { parent: "left", ids: ["6", "7"] });
		stream.shards.set("left", { parent: "root", closed: true, ids: ["4"] });
		stream.shards.set("right", { parent: "root", ids: ["5"] });
		stream.shards.set("root", { closed: true, ids: ["1", "2", "3"] });
		for (const limit of [1, 2, 100]) {
			const { ids } = await readAll(undefined, limit);
			expect(ids.slice(0, 3)).toEqual(["1", "2", "3"]);
			expect(ids.filter((id) => "467".includes(id))).toEqual(["4", "6", "7"]);
			expect(ids.slice().sort()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
		}
	});

	test("a shard that is split while it's read goes on in its children", async () => {
		stream.shards.set("root", { ids: ["1"] });
		const { cursor } = await storage.feed(LOG, undefined, 100);
		stream.shards.set("root", { closed: true, ids: ["1", "2"] });
		stream.shards.set("child", { parent: "root", ids: ["3"] });
		expect((await readAll(cursor)).ids).toEqual(["2", "3"]);
	});

	test("a parent that DynamoDB has dropped holds up nobody, and leaves the cursor", async () => {
		stream.shards.set("root", { closed: true, ids: ["1"] });
		stream.shards.set("child", { parent: "root", ids: ["2"] });
		const { cursor: before } = await readAll();
		stream.shards.delete("root");
		stream.shards.get("child")?.ids.push("3");
		const { ids, cursor } = await readAll(before);
		expect(ids).toEqual(["3"]);
		expect(Buffer.from(cursor, "base64url").toString()).toBe('["log/feed/","child","1"]');
	});

	test("a reader that comes after its place was dropped goes on with the oldest kept", async () => {
		stream.shards.set("root", { ids: ["1"] });
		const { cursor } = await storage.feed(LOG, undefined, 100);
		stream.shards.set("root", { trimmed: 3, ids: ["1", "2", "3", "4"] });
		restart();
		expect((await readAll(cursor)).ids).toEqual(["4"]);
	});

	test("changes that aren't insertions are passed over", async () => {
		stream.shards.set("root", { ids: ["", "", "", "", "1", "", "2"] });
		expect((await readAll(undefined, 1)).ids).toEqual(["1", "2"]);
	});

	test("a reader at the end asks for records only", async () => {
		stream.shards.set("root", { ids: ["1"] });
		const { cursor } = await storage.feed(LOG, undefined, 100);
		stream.requests = [];
		const { records } = await storage.feed(LOG, cursor, 100);
		expect(records).toEqual([]);
		expect(stream.requests).toEqual(["GetRecords"]);
		stream.shards.get("root")?.ids.push("2");
		stream.expired = stream.requests.length;
		expect((await storage.feed(LOG, cursor, 100)).records).toEqual([{ id: "2" }]);
	});

	test("a table without a stream is a mistake of the configuration", async () => {
		const client = { send: async () => ({ Table: {} }) } as unknown as DynamoDBClient;
		const call = new DynamoStorage({ client, streams: stream.streams, prefix: "dev-" }).feed(LOG, undefined, 1);
		await expect(call).rejects.toMatchObject({
			code: "configuration_invalid",
			message: expect.stringContaining("dev-log"),
		});
	});
});

await onDynamodbLocal(({ endpoint, client }) => {
	const streams = new DynamoDBStreamsClient(localSettings(endpoint));
	afterAll(() => streams.destroy());

	test("another process continues where the cursor was", async () => {
		await createTables(client, [LOG]);
		const first = new DynamoStorage({ client, streams });
		for (const id of ["1", "2", "3"]) await first.put(LOG, { id });
		const { records, cursor } = await first.feed(LOG, undefined, 2);
		expect(records).toEqual([{ id: "1" }, { id: "2" }]);
		await first.close();
		const second = new DynamoStorage({ client, streams });
		await second.put(LOG, { id: "4" });
		const rest = await second.feed(LOG, cursor, 100);
		expect(rest.records).toEqual([{ id: "3" }, { id: "4" }]);
		expect((await second.feed(LOG, rest.cursor, 100)).records).toEqual([]);
	});
});
