import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { WordTextIndex, wordCollections } from "../../src/storage/words/index.js";
import { textIndexSuite } from "../../src/testing/textIndexSuite.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";

const folder = mkdtempSync(join(tmpdir(), "stentor-text-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("FTS5, in a file", () => {
	const path = join(folder, "shared.db");
	textIndexSuite(test, async () => {
		const storage = await LibsqlStorage.open({ path, collections: [], textIndexes: ["texts"] });
		return { index: storage.textIndex("texts"), close: () => storage.close() };
	});

	test("what was added is found after the file was opened again; what was removed isn't in it", async () => {
		const file = join(folder, "again.db");
		const open = () => LibsqlStorage.open({ path: file, collections: [], textIndexes: ["texts"] });
		const first = await open();
		const text = { scope: "s", group: "g", number: 1, timeMs: 1 };
		await first.textIndex("texts").add([{ ...text, words: ["findable"] }]);
		await first.close();
		const second = await open();
		const { places } = await second.textIndex("texts").find({ scope: "s", words: ["findable"] }, { limit: 1 });
		expect(places).toEqual([{ group: "g", number: 1 }]);
		await second.close();
	});

	test("words are never FTS5's syntax", async () => {
		const storage = await LibsqlStorage.open({ path: ":memory:", collections: [], textIndexes: ["texts"] });
		const index = storage.textIndex("texts");
		await index.add([{ scope: "s", group: "g", number: 1, timeMs: 1, words: ["or", "not", "near"] }]);
		const find = (words: string[]) => index.find({ scope: "s", words }, { limit: 1 });
		for (const word of ["or", "not", "near"]) expect((await find([word])).places).toHaveLength(1);
		for (const word of ['"', "a OR b", "words:or", "(", "*"]) expect((await find([word])).places).toEqual([]);
		await storage.close();
	});
});

describe("words in a storage, in memory", () => {
	textIndexSuite(test, async () => {
		const storage = new MemoryStorage({ collections: wordCollections });
		return { index: new WordTextIndex(storage), close: () => storage.close() };
	});
});

await onDynamodbLocal(({ client }) => {
	describe("words in a storage, on DynamoDB", () => {
		textIndexSuite(test, async () => {
			await createTables(client, wordCollections);
			const storage = new DynamoStorage({ client });
			return { index: new WordTextIndex(storage), close: () => storage.close() };
		});
	});
});
