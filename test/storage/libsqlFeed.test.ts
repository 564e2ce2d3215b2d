import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Connection } from "../../src/storage/libsql/Connection.js";
import { FeedTail } from "../../src/storage/libsql/FeedTail.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { defineCollection, type Key, type Storage, type Write } from "../../src/storage/Storage.js";

interface Entry {
	session: string;
	seq: number;
	text?: string;
}

const ENTRIES = defineCollection<Entry>({
	name: "entries",
	key: { hash: "session", range: { field: "seq", type: "number" } },
	feed: true,
});

const folder = mkdtempSync(join(tmpdir(), "stentor-feed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const open = (path = join(folder, `${files++}.db`)) => LibsqlStorage.open({ path, collections: [ENTRIES] });

const session = fc.constantFrom("a", "b");
const seq = fc.integer({ min: 1, max: 6 });
const text = fc.constantFrom("x", "y", "z".repeat(400_000));
const record: fc.Arbitrary<Entry> = fc.record({ session, seq, text });
const key = fc.tuple(session, seq) as fc.Arbitrary<Key>;
const insertion = record.map((each) => ({ put: ENTRIES, record: each, if: "absent" as const }));
const other: fc.Arbitrary<Write> = fc.oneof(
	record.map((each) => ({ put: ENTRIES, record: each })),
	fc.tuple(key, text).map(([at, to]) => ({ update: ENTRIES, key: at, change: { set: [["text", to]] } }) as Write),
	key.map((at) => ({ delete: ENTRIES, key: at })),
);
const insertions = fc.uniqueArray(insertion, {
	minLength: 1,
	maxLength: 3,
	selector: (each) => `${each.record.session} ${each.record.seq}`,
});
/** Transactions that are called at once; in which order the insertions of one come is said only where they're alike. */
const batch = fc.array(
	fc.oneof(
		{ weight: 2, arbitrary: insertions },
		other.map((each) => [each]),
	),
	{ maxLength: 4 },
);

/** All that the feed has from here on. */
async function follow(storage: Storage, from: string | undefined): Promise<{ found: Entry[]; cursor: string }> {
	const found: Entry[] = [];
	let cursor = from;
	for (;;) {
		const page = await storage.feed(ENTRIES, cursor, 2);
		cursor = page.cursor;
		if (page.records.length === 0) return { found, cursor };
		found.push(...page.records);
	}
}

test("the feed brings what the table has, whatever was written: from wherever it's read", async () => {
	const steps = fc.array(fc.record({ writes: batch, back: fc.nat(5) }), { minLength: 1, maxLength: 8 });
	await fc.assert(
		fc.asyncProperty(steps, async (all) => {
			const [libsql, memory] = [await open(":memory:"), new MemoryStorage({ collections: [ENTRIES] })];
			// A cursor of each for the same place.
			const places: [string | undefined, string | undefined][] = [[undefined, undefined]];
			for (const { writes, back } of all) {
				for (const storage of [libsql, memory]) await Promise.allSettled(writes.map((each) => storage.transact(each)));
				const [ours, theirs] = places.at(-1 - (back % places.length)) ?? [];
				const read = await follow(libsql, ours);
				const expected = await follow(memory, theirs);
				expect(read.found).toEqual(expected.found);
				places.push([read.cursor, expected.cursor]);
			}
			await libsql.close();
		}),
		{ numRuns: 150 },
	);
});

test("who follows closely is given what was inserted without a read of the table", async () => {
	const path = join(folder, `${files++}.db`);
	const storage = await open(path);
	await storage.put(ENTRIES, { session: "a", seq: 1, text: "before" });
	const { cursor } = await follow(storage, undefined);
	for (const n of [2, 3, 4]) await storage.put(ENTRIES, { session: "a", seq: n, text: "new" }, "absent");
	// Whoever reads the table finds another text.
	const other = new Connection(path);
	other.run(`UPDATE c_${ENTRIES.name} SET data = replace(data, 'new', 'read')`);
	other.close();
	const near = await storage.feed(ENTRIES, cursor, 10);
	expect(near.records.map(({ text }) => text)).toEqual(["new", "new", "new"]);
	const far = await storage.feed(ENTRIES, undefined, 10);
	expect(far.records.map(({ text }) => text)).toEqual(["before", "read", "read", "read"]);
	await storage.close();
});

test("what is updated or deleted is brought so, also to who follows closely", async () => {
	const storage = await open();
	const { cursor } = await follow(storage, undefined);
	for (const n of [1, 2, 3]) await storage.put(ENTRIES, { session: "a", seq: n, text: "new" }, "absent");
	await storage.update(ENTRIES, ["a", 1], { set: [["text", "erased"]] });
	await storage.delete(ENTRIES, ["a", 2]);
	const { found } = await follow(storage, cursor);
	expect(found.map(({ seq, text }) => [seq, text])).toEqual([
		[1, "erased"],
		[3, "new"],
	]);
	await storage.close();
});

test("who is far behind is brought everything, in its order", async () => {
	const storage = await open();
	const { cursor } = await follow(storage, undefined);
	const numbers = Array.from({ length: 5_000 }, (_, i) => i + 1);
	const long = "long".repeat(50_000);
	await Promise.all(
		numbers.map((n) => storage.put(ENTRIES, { session: "a", seq: n, text: n % 100 ? "" : long }, "absent")),
	);
	expect((await follow(storage, cursor)).found.map(({ seq }) => seq)).toEqual(numbers);
	await storage.close();
});

test("of what is long, few rows are kept", () => {
	const tail = new FeedTail();
	for (let seq = 1; seq <= 1_900; seq++) tail.add({ seq, record: { seq }, length: 100_000 });
	expect(tail.after(1_859, 100)).toBeUndefined();
	expect(tail.after(1_860, 100)?.records).toHaveLength(40);
});

test("after a restart it goes on from the same cursor", async () => {
	const path = join(folder, `${files++}.db`);
	const first = await open(path);
	await first.put(ENTRIES, { session: "a", seq: 1 }, "absent");
	const { cursor } = await follow(first, undefined);
	await first.put(ENTRIES, { session: "a", seq: 2 }, "absent");
	await first.close();
	const second = await open(path);
	await second.put(ENTRIES, { session: "a", seq: 3 }, "absent");
	expect((await follow(second, cursor)).found.map(({ seq }) => seq)).toEqual([2, 3]);
	await second.close();
});
