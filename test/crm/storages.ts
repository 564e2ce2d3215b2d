import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, describe } from "@jest/globals";
import { conversationCollections } from "../../src/crm/conversations/collections.js";
import { customerCollections } from "../../src/crm/customers/records.js";
import { collections as deliveryCollections } from "../../src/delivery/records.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { AnyCollection, Storage } from "../../src/storage/Storage.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";

const collections: readonly AnyCollection[] = [
	...deliveryCollections,
	...customerCollections,
	...conversationCollections,
];

/** Runs a file's tests over each storage. `open` gives the one that all of them share; on DynamoDB another client of it. */
export async function onEachStorage(addTests: (open: () => Promise<Storage>) => void): Promise<void> {
	describe("memory", () => {
		const storage = new MemoryStorage({ collections });
		addTests(async () => storage);
	});
	describe("libsql", () => {
		const folder = mkdtempSync(join(tmpdir(), "stentor-crm-"));
		let storage: Promise<LibsqlStorage> | undefined;
		afterAll(async () => {
			await (await storage)?.close();
			rmSync(folder, { recursive: true, force: true });
		});
		addTests(() => {
			storage ??= LibsqlStorage.open({ path: join(folder, "crm.db"), collections });
			return storage;
		});
	});
	await onDynamodbLocal((local) => {
		describe("DynamoDB Local", () => {
			const streams = new DynamoDBStreamsClient(localSettings(local.endpoint));
			let tables: Promise<void> | undefined;
			afterAll(() => streams.destroy());
			addTests(async () => {
				tables ??= createTables(local.client, collections);
				await tables;
				return new DynamoStorage({ client: local.client, streams });
			});
		});
	});
}
