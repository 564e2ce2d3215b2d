import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import Database from "libsql";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { WordTextIndex, wordCollections } from "../../src/storage/words/index.js";
import { textIndexSuite } from "../../src/testing/textIndexSuite.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";

const folder = mkdtempSync(join(tmpdir(), "stentor-text-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Counted {
	readonly count: number;
}

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
		await first.textIndex("texts").add([{ ...text, text: "findable" }]);
		await first.close();
		const second = await open();
		const { places } = await second.textIndex("texts").find({ scope: "s", words: ["findable"] }, { limit: 1 });
		expect(places).toEqual([{ group: "g", number: 1 }]);
		await second.close();
	});

	test("what is merged is found as before, in fewer lists", async () => {
		const file = join(folder, "merged.db");
		const storage = await LibsqlStorage.open({ path: file, collections: [], textIndexes: ["texts"] });
		const index = storage.textIndex("texts");
		for (let number = 1; number <= 7; number++) {
			const text = number % 2 === 0 ? "even and findable" : "odd";
			await index.add([{ scope: "s", group: number === 4 ? "gone" : "g", number, timeMs: 1, text }]);
		}
		await index.remove("gone");
		const lists = () => {
			const database = new Database(file, { readonly: true });
			const { count } = database.prepare("SELECT count(DISTINCT segid) AS count FROM t_texts_idx").get() as Counted;
			database.close();
			return count;
		};
		const found = async () => (await index.find({ scope: "s", words: ["even", "findable"] }, { limit: 9 })).places;
		const before = await found();
		expect(before.map(({ number }) => number)).toEqual([6, 2]);
		expect(lists()).toBeGreaterThan(4);
		let merges = 0;
		while (await storage.mergeTexts("texts", 64)) expect(++merges).toBeLessThan(100);
		expect(merges).toBeGreaterThan(0);
		expect(lists()).toBeLessThan(4);
		expect(await found()).toEqual(before);
		expect(await storage.mergeTexts("texts", 64)).toBe(false);
		await storage.close();
	});

	test("an index of an earlier release, with groups in a column of their own, is read as before", async () => {
		const file = join(folder, "former.db");
		const open = () => LibsqlStorage.open({ path: file, collections: [], textIndexes: ["texts"] });
		await (await open()).close();
		const database = new Database(file);
		const token = createHash("sha256").update("g").digest("hex").slice(0, 32);
		database.exec(`DROP TABLE t_texts; CREATE VIRTUAL TABLE t_texts USING fts5(
			words, place, prefix='3', tokenize="unicode61 remove_diacritics 0");
			INSERT INTO t_texts_places (id, scope, "group", number) VALUES (1, 's', 'g', 1), (2, 's', 'other', 1);
			INSERT INTO t_texts (rowid, words, place) VALUES (1, 'some words', '${token}'), (2, 'some words', 'other')`);
		database.close();
		const storage = await open();
		const index = storage.textIndex("texts");
		expect((await index.find({ scope: "s", words: ["some"] }, { limit: 9 })).places).toHaveLength(2);
		const { places } = await index.find({ scope: "s", words: ["words"], groups: ["g"] }, { limit: 9 });
		expect(places).toEqual([{ group: "g", number: 1 }]);
		await index.remove("g");
		expect((await index.find({ scope: "s", words: ["some"] }, { limit: 9 })).places).toHaveLength(1);
		await storage.close();
	});

	test("a group isn't a word", async () => {
		const storage = await LibsqlStorage.open({ path: ":memory:", collections: [], textIndexes: ["texts"] });
		const index = storage.textIndex("texts");
		await index.add([{ scope: "s", group: "g", number: 1, timeMs: 1, text: "hello" }]);
		const token = createHash("sha256").update("g").digest("hex");
		for (const word of [token.slice(0, 32), "g"]) {
			expect((await index.find({ scope: "s", words: [word] }, { limit: 1 })).places).toEqual([]);
		}
		expect((await index.find({ scope: "s", words: [], prefix: token.slice(0, 3) }, { limit: 1 })).places).toEqual([]);
		await storage.close();
	});

	test("words are never FTS5's syntax", async () => {
		const storage = await LibsqlStorage.open({ path: ":memory:", collections: [], textIndexes: ["texts"] });
		const index = storage.textIndex("texts");
		await index.add([{ scope: "s", group: "g", number: 1, timeMs: 1, text: "or not near" }]);
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
