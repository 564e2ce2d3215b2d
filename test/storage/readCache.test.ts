import { describe, expect, it } from "@jest/globals";
import { ReadCache } from "../../src/storage/libsql/ReadCache.js";

/** A cache in front of records, and how often those were asked. */
function cached(records: Record<string, string>) {
	const cache = new ReadCache();
	let reads = 0;
	const read = (hash: string) =>
		cache.get(hash, () => {
			reads++;
			return records[hash];
		});
	return { cache, read, reads: () => reads };
}

describe("records that were read lately", () => {
	it("are read once, also where there's none", () => {
		const { read, reads } = cached({ a: "1" });
		expect([read("a"), read("a"), read("b"), read("b")]).toEqual(["1", "1", undefined, undefined]);
		expect(reads()).toBe(2);
	});

	it("are read anew while they're written, and once after", () => {
		const records: Record<string, string> = { a: "1" };
		const { cache, read, reads } = cached(records);
		read("a");
		cache.begin("a");
		cache.begin("a");
		expect(read("a")).toBe("1");
		records.a = "2";
		expect(read("a")).toBe("2");
		cache.end("a");
		records.a = "3";
		expect(read("a")).toBe("3");
		cache.end("a");
		expect(read("a")).toBe("3");
		const before = reads();
		expect(read("a")).toBe("3");
		expect(reads()).toBe(before);
	});

	it("are kept up to a number of characters: those that were read first go first", () => {
		const long = "x".repeat(1_000_000);
		const { read, reads } = cached(Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`r${i}`, long])));
		for (let i = 0; i < 5; i++) read(`r${i}`);
		expect(reads()).toBe(5);
		read("r4");
		expect(reads()).toBe(5);
		read("r0");
		expect(reads()).toBe(6);
	});

	it("are kept up to a number of records, also of those that aren't there", () => {
		const { read, reads } = cached({});
		for (let i = 0; i <= 10_000; i++) read(`r${i}`);
		read("r10000");
		expect(reads()).toBe(10_001);
		read("r0");
		expect(reads()).toBe(10_002);
	});
});
