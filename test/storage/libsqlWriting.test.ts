import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { Connection } from "../../src/storage/libsql/Connection.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { type Collection, defineCollection, type Key, type Storage, type Write } from "../../src/storage/Storage.js";

interface Row {
	session: string;
	seq: number;
	rev?: unknown;
	text?: string;
	kind?: string;
}

const key = { hash: "session", range: { field: "seq", type: "number" } } as const;
const FED = defineCollection<Row>({ name: "fed", key, feed: true });
const CLUSTERED = defineCollection<Row>({ name: "clustered", key });
const INDEXED = defineCollection<Row>({ name: "indexed", key, indexes: { byKind: { hash: "kind" } } });
const ENDING = defineCollection<Row>({ name: "ending", key, expires: "rev" });
const HEADS = defineCollection<{ session: string; rev?: unknown }>({ name: "heads", key: { hash: "session" } });
const collections = [FED, CLUSTERED, INDEXED, ENDING, HEADS];

const folder = mkdtempSync(join(tmpdir(), "stentor-writing-"));
const opened: LibsqlStorage[] = [];
let files = 0;
afterEach(async () => {
	jest.restoreAllMocks();
	for (const storage of opened.splice(0)) await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(path = join(folder, `${files++}.db`)): Promise<LibsqlStorage> {
	const storage = await LibsqlStorage.open({ path, collections });
	opened.push(storage);
	return storage;
}

const collection = fc.constantFrom(...collections);
const session = fc.constantFrom("s", "it's", "nul\0", "ünï ☃ 😀", '"; --');
const seq = fc.constantFrom(1, 2, 3, -1, 0.1, 2 ** 53, 1e300);
const rev = fc.constantFrom<unknown>(undefined, 1, 2, 2.5, 2 ** 60, "1", null, true, [1], { a: 1 });
const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constant("'".repeat(40_000)), fc.constant("\0'\n"));
const record = fc.record({ session, seq, rev, text, kind: fc.constantFrom(undefined, "it's", "k\0") });
const condition = fc.oneof(
	fc.constant(undefined),
	fc.constant("absent" as const),
	fc.constantFrom(1, 2, 2.5, 2 ** 60).map((eq) => [{ path: "rev", eq }]),
	fc.constantFrom("1", null).map((eq) => [{ path: "rev", eq }]),
);
const write: fc.Arbitrary<Write> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.tuple(collection, record, condition).map(([put, record, when]) => ({ put, record, if: when })),
	},
	fc
		.tuple(collection, session, seq, condition)
		.map(
			([of, session, seq, when]): Write => ({ delete: of, key: of.key.range ? [session, seq] : [session], if: when }),
		),
	fc.tuple(collection, session, seq).map(
		([of, session, seq]): Write => ({
			update: of,
			key: of.key.range ? [session, seq] : [session],
			change: { set: [["text", "changed"]] },
		}),
	),
);
/** A feed has the order of commits; what one transaction inserts has none. */
const transaction = fc
	.array(write, { minLength: 1, maxLength: 4 })
	.filter((writes) => writes.filter((each) => collectionOf(each) === FED).length < 2);
const transactions = fc.array(transaction, { minLength: 1, maxLength: 8 });

function collectionOf(write: Write) {
	return "put" in write ? write.put : "delete" in write ? write.delete : "update" in write ? write.update : write.check;
}

/** What became of each, without what differs by storage. */
async function outcomes(storage: Storage, groups: readonly (readonly Write[][])[]): Promise<unknown[]> {
	const all: unknown[] = [];
	for (const group of groups) {
		// Begun together, in their order.
		for (const outcome of await Promise.allSettled(group.map((writes) => storage.transact(writes)))) {
			if (outcome.status === "fulfilled") all.push("done");
			else all.push({ code: outcome.reason.code, failed: [...(outcome.reason.failed ?? [])] });
		}
	}
	return all;
}

/** All there is, and the feed's order in each session. */
async function contents(storage: Storage): Promise<unknown> {
	const sessions = ["s", "it's", "nul\0", "ünï ☃ 😀", '"; --'];
	const records = [];
	for (const collection of collections) {
		for (const hash of sessions) records.push((await storage.query<object>(collection, { hash })).records);
	}
	const indexed = await Promise.all(["it's", "k\0"].map((hash) => storage.query(INDEXED, { hash, index: "byKind" })));
	const feed = (await storage.feed(FED, undefined, 1_000)).records;
	const order = sessions.map((name) => feed.filter(({ session }) => session === name).map(({ seq }) => seq));
	return { records, order, indexed: indexed.map(({ records }) => records.length) };
}

test("what is written together can't be told from what is written one by one", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(transactions, { minLength: 1, maxLength: 3 }), async (groups) => {
			const storage = await open();
			const memory = new MemoryStorage({ collections });
			expect(await outcomes(storage, groups)).toEqual(await outcomes(memory, groups));
			expect(await contents(storage)).toEqual(await contents(memory));
			await storage.close();
		}),
		{ numRuns: 150 },
	);
}, 120_000);

test("what is updated or deleted is found by an index", async () => {
	const storage = await open(":memory:");
	const run = jest.spyOn(Connection.prototype, "run");
	for (const collection of [HEADS, CLUSTERED, INDEXED, FED] as readonly Collection[]) {
		const key = (collection.key.range ? ["a", 1] : ["a"]) as Key;
		await storage.put(collection, { session: "a", seq: 1, rev: 1 });
		await storage.put(collection, { session: "a", seq: 1, rev: 2 }, [{ path: "rev", eq: 1 }]);
		await storage.update(collection, key, { set: [["text", "x"]] });
		await storage.delete(collection, key);
	}
	const connection = run.mock.contexts.at(-1) as Connection;
	const statements = new Map(run.mock.calls.map(([sql, ...values]) => [sql, values]));
	run.mockRestore();
	const found = [...statements].filter(([sql]) => /^(UPDATE|DELETE)/.test(sql));
	expect(found).toHaveLength(12);
	for (const [sql, values] of found) {
		const plan = JSON.stringify(connection.all(`EXPLAIN QUERY PLAN ${sql}`, ...values));
		expect(plan).not.toMatch(/SCAN/);
		expect(plan).toMatch(/SEARCH/);
	}
});

test("of much at once, each transaction is written whole or not at all", async () => {
	const storage = await open();
	const text = "x".repeat(5_000);
	const puts = (rev: number, length = 200) =>
		Array.from({ length }, (_, i) =>
			storage.transact([
				{ put: HEADS, record: { session: `s${i}`, rev }, if: rev === 1 ? "absent" : [{ path: "rev", eq: rev - 1 }] },
				{ put: FED, record: { session: `s${i}`, seq: rev, text } },
			]),
		);
	await Promise.all(puts(1));
	await Promise.all(puts(2));
	// Two of them don't find what they demand.
	const results = await Promise.allSettled([
		...puts(3, 100),
		storage.put(HEADS, { session: "s199", rev: 9 }, [{ path: "rev", eq: 1 }]),
		storage.transact([
			{ put: FED, record: { session: "s199", seq: 9 }, if: "absent" },
			{ check: HEADS, key: ["s199"], if: [{ path: "rev", eq: 7 }] },
		]),
		storage.put(HEADS, { session: "s199", rev: 3 }, [{ path: "rev", eq: 2 }]),
	]);
	expect(results.flatMap(({ status }, i) => (status === "rejected" ? [i] : []))).toEqual([100, 101]);
	expect(await storage.get(HEADS, ["s199"])).toMatchObject({ rev: 3 });
	expect((await storage.query(FED, { hash: "s0" })).records.map(({ seq }) => seq)).toEqual([1, 2, 3]);
	expect((await storage.query(FED, { hash: "s199" })).records.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("who reads by key while it's written is given nothing older than what was finished, or than was read before", async () => {
	const storage = await open();
	let finished = 0;
	let isOver = false;
	const read = async () => Number((await storage.get(HEADS, ["s"]))?.rev ?? 0);
	const reader = async () => {
		let newest = 0;
		let reads = 0;
		for (; !isOver; reads++) {
			const least = Math.max(finished, newest);
			newest = await read();
			expect(newest).toBeGreaterThanOrEqual(least);
			if (reads % 10 === 0) await new Promise(setImmediate);
		}
		return reads;
	};
	const add = async () => {
		const { rev } = await storage.update(HEADS, ["s"], { add: [["rev", 1]] });
		finished = Math.max(finished, Number(rev));
	};
	const readers = [reader(), reader()];
	for (let i = 0; i < 100; i++) {
		const refused = storage.put(HEADS, { session: "s" }, "absent").then(
			() => i === 0,
			() => true,
		);
		const added = await Promise.all([add(), add(), refused]);
		expect(added.at(-1)).toBe(true);
	}
	isOver = true;
	expect(Math.min(...(await Promise.all(readers)))).toBeGreaterThan(100);
	expect(await read()).toBe(200);
});
