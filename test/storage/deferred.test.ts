import { describe, expect, test } from "@jest/globals";
import { deferredStorage } from "../../src/storage/deferredStorage.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { storageSuite } from "../../src/testing/storageSuite.js";
import { ENTRIES } from "../support/entries.js";

describe("the contract", () => {
	storageSuite(test, async (collections, clock) =>
		deferredStorage(async () => new MemoryStorage({ collections, clock }), 100),
	);
});

test("loads at once, and once", async () => {
	let loads = 0;
	const storage = deferredStorage(async () => {
		loads++;
		return new MemoryStorage();
	});
	expect(loads).toBe(1);
	await Promise.all([storage.put(ENTRIES, { session: "s", seq: 1 }), storage.get(ENTRIES, ["s", 1])]);
	expect(loads).toBe(1);
});

test("tells a failure to who calls, and loads again for the next one", async () => {
	let loads = 0;
	const storage = deferredStorage(async () => {
		if (++loads < 3) throw new Error(`failure ${loads}`);
		return new MemoryStorage();
	});
	await expect(storage.get(ENTRIES, ["s", 1])).rejects.toThrow("failure 1");
	await expect(storage.get(ENTRIES, ["s", 1])).rejects.toThrow("failure 2");
	await expect(storage.get(ENTRIES, ["s", 1])).resolves.toBeUndefined();
});

test("closes what was loaded, and nothing where that failed", async () => {
	const closed: string[] = [];
	const inner = new MemoryStorage();
	inner.close = async () => void closed.push("closed");
	await deferredStorage(async () => inner).close();
	expect(closed).toEqual(["closed"]);
	const broken = deferredStorage(async () => Promise.reject(new Error("no")));
	await expect(broken.get(ENTRIES, ["s", 1])).rejects.toThrow("no");
	await broken.close();
});
