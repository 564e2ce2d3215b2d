import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "@jest/globals";
import { collections } from "../../src/delivery/records.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { conversationSchedules } from "./conversationModel.js";

describe("whatever happens to a conversation, its log, its screens and its floor are right", () => {
	test("on memory", async () => {
		await conversationSchedules(() => new MemoryStorage({ collections }), 250);
	}, 120_000);

	test("on libsql", async () => {
		const folder = mkdtempSync(join(tmpdir(), "schedules-"));
		const storage = await LibsqlStorage.open({ path: join(folder, "chat.db"), collections });
		try {
			await conversationSchedules(() => storage, 60);
		} finally {
			await storage.close();
			rmSync(folder, { recursive: true });
		}
	}, 120_000);
});

await onDynamodbLocal(({ client }) => {
	test("on DynamoDB", async () => {
		await createTables(client, collections);
		const storage = new DynamoStorage({ client });
		await conversationSchedules(() => storage, 12);
	}, 180_000);
});
