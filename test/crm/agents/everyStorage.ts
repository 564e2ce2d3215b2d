import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { accessCollections } from "../../../src/crm/access/records.js";
import { agentCollections } from "../../../src/crm/agents/assignmentRecords.js";
import { createTables, DynamoStorage } from "../../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../../src/storage/Storage.js";
import { onDynamodbLocal } from "../../support/dynamodbLocal.js";
import { TestClock } from "../../support/office.js";

export const COLLECTIONS = [...agentCollections, ...accessCollections];

/** What a test has to itself: topics are never used twice. */
export interface Place {
	readonly topic: string;
	readonly storage: Storage;
	readonly clock: TestClock;
}

/** Runs the tests on memory, libsql and DynamoDB. */
export async function onEveryStorage(addTests: (place: () => Place) => void): Promise<void> {
	describe("on memory", () =>
		addTests(placesOn(async (clock) => new MemoryStorage({ collections: COLLECTIONS, clock }))));

	describe("on libsql", () => {
		const folder = mkdtempSync(join(tmpdir(), "stentor-agents-"));
		const path = join(folder, "chat.db");
		addTests(placesOn((clock) => LibsqlStorage.open({ path, collections: COLLECTIONS, clock })));
		afterAll(() => rmSync(folder, { recursive: true, force: true }));
	});

	await onDynamodbLocal(({ client }) => {
		describe("on DynamoDB", () => {
			addTests(
				placesOn(async (clock) => {
					await createTables(client, COLLECTIONS);
					return new DynamoStorage({ client, clock });
				}),
			);
		});
	});
}

/** All tests of a storage share it, and its clock, which only goes on. */
function placesOn(open: (clock: () => number) => Promise<Storage>): () => Place {
	const clock = new TestClock();
	let storage: Storage | undefined;
	beforeAll(async () => {
		storage = await open(clock.read);
	});
	afterAll(() => storage?.close());
	return () => {
		if (!storage) throw new Error("The storage is opened before the first test.");
		return { topic: `t${randomUUID()}`, storage, clock };
	};
}
