import { describe, expect, test } from "@jest/globals";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { storageSuite } from "../../src/testing/storageSuite.js";
import { ENTRIES } from "../support/entries.js";

describe("the contract", () => {
	storageSuite(test, async (collections, clock) => new MemoryStorage({ collections, clock }));
});

test("takes any collection unless told which", async () => {
	await new MemoryStorage().put(ENTRIES, { session: "s", seq: 1 });
	const strict = new MemoryStorage({ collections: [] });
	await expect(strict.put(ENTRIES, { session: "s", seq: 1 })).rejects.toMatchObject({ code: "invalid_query" });
});

test("appending and reading a page cost the same at record 100,000 as at record 1,000", async () => {
	const storage = new MemoryStorage();
	const thousand = async (from: number) => {
		const start = performance.now();
		for (let seq = from; seq < from + 1_000; seq++) {
			await storage.put(ENTRIES, { session: "s", seq, kind: "message" }, "absent");
			await storage.query(ENTRIES, { hash: "s", order: "desc", limit: 2 });
		}
		return performance.now() - start;
	};
	const early = Math.min(await thousand(1_000), await thousand(2_000), await thousand(3_000));
	for (let seq = 4_000; seq < 100_000; seq++) await storage.put(ENTRIES, { session: "s", seq, kind: "message" });
	const late = Math.min(await thousand(100_000), await thousand(101_000), await thousand(102_000));
	expect(late).toBeLessThan(early * 3 + 20);
});

test("the feed has each insertion once, whatever is overwritten or deleted since", async () => {
	const storage = new MemoryStorage();
	for (let seq = 0; seq < 3_000; seq++) {
		await storage.put(ENTRIES, { session: "s", seq });
		await storage.put(ENTRIES, { session: "s", seq, text: "again" });
		if (seq % 100) await storage.delete(ENTRIES, ["s", seq]);
	}
	const read: number[] = [];
	let from: string | undefined;
	do {
		const page = await storage.feed(ENTRIES, from, 7);
		if (page.cursor === from) break;
		from = page.cursor;
		read.push(...page.records.map(({ seq }) => seq));
	} while (from);
	expect(read).toEqual(Array.from({ length: 30 }, (_, i) => i * 100));
});
