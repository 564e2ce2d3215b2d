import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, jest, test } from "@jest/globals";
import { prepareWrite } from "../../src/storage/evaluate.js";
import { Connection } from "../../src/storage/libsql/Connection.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { checkDatabase, MIGRATIONS, prepareDatabase } from "../../src/storage/libsql/schema.js";
import { type Job, Writer } from "../../src/storage/libsql/Writer.js";
import { WriterThread } from "../../src/storage/libsql/WriterThread.js";
import { type AnyCollection, defineCollection, type Key, type Query } from "../../src/storage/Storage.js";
import { ENTRIES, type Entry } from "../support/entries.js";

const folder = mkdtempSync(join(tmpdir(), "stentor-sql-"));
const opened: LibsqlStorage[] = [];
afterEach(async () => {
	jest.restoreAllMocks();
	for (const storage of opened.splice(0)) await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Opening {
	path?: string;
	collections?: readonly AnyCollection[];
	clock?: () => number;
}

interface Name {
	session: string;
	name: string;
	kind?: string;
}

/** Found by its key only. */
const NAMES = defineCollection<Name>({
	name: "names",
	key: { hash: "session", range: { field: "name", type: "string" } },
});

async function open({ path = ":memory:", collections = [ENTRIES], clock }: Opening = {}) {
	const storage = await LibsqlStorage.open({ path, collections, clock });
	opened.push(storage);
	return storage;
}

/** What writes to a new database, and the connection that it writes by. */
function writerOf(name: string) {
	const connection = new Connection(join(folder, name));
	prepareDatabase(connection, [ENTRIES]);
	const writer = new Writer(connection, { collections: [ENTRIES], textIndexes: [] });
	return { connection, writer };
}

function putting(seq: number, text?: string): Job {
	return { writes: [prepareWrite({ put: ENTRIES, record: { session: "s", seq, text } })], now: 0 };
}

function numbersIn(connection: Connection) {
	return connection.all('SELECT f_seq FROM "c_entries" ORDER BY 1').map(([seq]) => seq);
}

describe("a failed commit", () => {
	test("on a full disk undoes all that was to be written together; afterwards it works again", () => {
		const { connection, writer } = writerOf("full.db");
		writer.commit([putting(1)]);
		const pages = Number(connection.get("PRAGMA page_count")?.[0]);
		connection.all(`PRAGMA max_page_count = ${pages + 10}`);
		const jobs = [2, 3, 4, 5, 6].map((seq) => putting(seq, "x".repeat(20_000)));
		expect(() => writer.commit(jobs)).toThrow(
			expect.objectContaining({
				code: "storage_unavailable",
				retryable: true,
				cause: expect.objectContaining({ code: "SQLITE_FULL" }),
			}),
		);
		expect(numbersIn(connection)).toEqual([1]);
		connection.all(`PRAGMA max_page_count = ${pages + 1_000}`);
		expect(writer.commit(jobs)).toEqual(jobs.map(() => ({ done: {} })));
		expect(numbersIn(connection)).toEqual([1, 2, 3, 4, 5, 6]);
		expect(connection.get("PRAGMA integrity_check")).toEqual(["ok"]);
		writer.close();
	});

	test("at the very commit is rolled back", () => {
		const { connection, writer } = writerOf("commit.db");
		// The only constraints that SQLite tests when it commits.
		connection.all("PRAGMA foreign_keys = ON");
		connection.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
		connection.exec("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
		connection.exec(
			`CREATE TRIGGER orphan AFTER INSERT ON "c_entries" WHEN NEW.f_seq = 2 BEGIN INSERT INTO child VALUES (1); END`,
		);
		const failure = expect.objectContaining({ code: "storage_unavailable", cause: expect.anything() });
		expect(() => writer.commit([putting(1), putting(2)])).toThrow(failure);
		expect(numbersIn(connection)).toEqual([]);
		expect(writer.commit([putting(1)])).toEqual([{ done: {} }]);
		expect(numbersIn(connection)).toEqual([1]);
		writer.close();
	});

	test("is told to all that were to be written together, by the thread that writes", async () => {
		const path = join(folder, "told.db");
		const storage = await open({ path });
		await storage.put(ENTRIES, { session: "s", seq: 1 });
		const other = new Connection(path);
		other.exec("ALTER TABLE c_entries RENAME TO elsewhere");
		const outcomes = await Promise.allSettled([
			storage.put(ENTRIES, { session: "s", seq: 2 }),
			storage.update(ENTRIES, ["s", 1], { set: [["text", "x"]] }),
		]);
		for (const outcome of outcomes) {
			expect(outcome).toMatchObject({
				status: "rejected",
				reason: {
					code: "storage_unavailable",
					retryable: true,
					cause: { message: expect.stringContaining("c_entries") },
				},
			});
		}
		other.exec("ALTER TABLE elsewhere RENAME TO c_entries");
		other.close();
		await storage.put(ENTRIES, { session: "s", seq: 2 });
		expect((await storage.query(ENTRIES, { hash: "s" })).records).toHaveLength(2);
	});
});

describe("group commit", () => {
	test("what arrives in one turn shares one commit; what fails in it fails alone", async () => {
		const storage = await open({ path: join(folder, "group.db") });
		await storage.put(ENTRIES, { session: "s", seq: 1 });
		const commit = jest.spyOn(WriterThread.prototype, "commit");
		const outcomes = await Promise.allSettled([
			storage.put(ENTRIES, { session: "s", seq: 2 }, "absent"),
			storage.put(ENTRIES, { session: "s", seq: 2 }, "absent"),
			storage.update(ENTRIES, ["s", 1], { set: [[["text", "x"], 1]] }),
			storage.update(ENTRIES, ["s", 2], { set: [["text", "sees the first"]] }, [{ path: "seq", eq: 2 }]),
			storage.delete(ENTRIES, ["s", 1]),
		]);
		expect(outcomes.map(({ status }) => status)).toEqual([
			"fulfilled",
			"rejected",
			"rejected",
			"fulfilled",
			"fulfilled",
		]);
		expect(outcomes[1]).toMatchObject({ reason: { failed: new Map([[0, { session: "s", seq: 2 }]]) } });
		expect(commit.mock.calls.map(([jobs]) => jobs.length)).toEqual([5]);
		expect((await storage.query(ENTRIES, { hash: "s" })).records).toEqual([
			{ session: "s", seq: 2, text: "sees the first" },
		]);
	});

	test("groups are committed in the order that they came in", async () => {
		const storage = await open({ path: join(folder, "order.db") });
		const text = "x".repeat(200);
		await Promise.all(Array.from({ length: 1_000 }, (_, seq) => storage.put(ENTRIES, { session: "s", seq, text })));
		const { records } = await storage.feed(ENTRIES, undefined, 1_000);
		expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i));
	});

	test("closing waits for writes under way; afterwards every call is refused", async () => {
		const path = join(folder, "closing.db");
		const storage = await open({ path });
		const writing = storage.put(ENTRIES, { session: "s", seq: 1 });
		await storage.close();
		await writing;
		await storage.close();
		const closed = { code: "storage_unavailable" };
		await expect(storage.put(ENTRIES, { session: "s", seq: 2 })).rejects.toMatchObject(closed);
		await expect(storage.get(ENTRIES, ["s", 1])).rejects.toMatchObject(closed);
		await expect(storage.query(ENTRIES, { hash: "s" })).rejects.toMatchObject(closed);
		const reopened = await open({ path });
		expect(await reopened.get(ENTRIES, ["s", 1])).toBeDefined();
		expect(await reopened.get(ENTRIES, ["s", 2])).toBeUndefined();
	});
});

test("no value that libsql can't bind reaches it", async () => {
	const storage = await open();
	const record = { session: "s", seq: 1, yes: true, no: false, bytes: Buffer.from("x"), date: new Date(0), big: 1e300 };
	await storage.put(ENTRIES, record);
	expect(await storage.get(ENTRIES, ["s", 1])).toEqual({
		session: "s",
		seq: 1,
		yes: true,
		no: false,
		bytes: { type: "Buffer", data: [120] },
		date: "1970-01-01T00:00:00.000Z",
		big: 1e300,
	});
	const invalid = { code: "invalid_query" };
	const wrong: unknown[] = [true, false, Buffer.from("s"), null, undefined, {}, [], 1n, Symbol("s"), () => {}];
	for (const value of wrong) {
		await expect(storage.get(ENTRIES, [value, 1] as unknown as Key)).rejects.toMatchObject(invalid);
		await expect(storage.get(ENTRIES, ["s", value] as unknown as Key)).rejects.toMatchObject(invalid);
		await expect(storage.get(ENTRIES, [value] as unknown as Key)).rejects.toMatchObject(invalid);
		await expect(storage.query(ENTRIES, { hash: value } as Query)).rejects.toMatchObject(invalid);
		if (value === undefined) continue;
		const query = { hash: "s", range: { eq: value } } as Query;
		await expect(storage.query(ENTRIES, query)).rejects.toMatchObject(invalid);
		await expect(storage.feed(ENTRIES, value as string, 10)).rejects.toMatchObject({ name: "RouterError" });
	}
	await storage.update(ENTRIES, ["s", 1], { set: [["endsAt" as const, true]] });
	expect(await storage.get(ENTRIES, ["s", 1])).toMatchObject({ endsAt: true });
});

test("one statement answers right for all rows and for the first in turn", () => {
	const connection = new Connection(":memory:");
	const sql = "SELECT value FROM json_each('[1,2,3]') WHERE value = ?";
	expect(connection.all(sql, 1)).toEqual([[1]]);
	expect(connection.get(sql, 2)).toEqual([2]);
	expect(connection.all(sql, 3)).toEqual([[3]]);
	expect(connection.get(sql, 4)).toBeUndefined();
	connection.close();
});

describe("records past their end", () => {
	test("are removed by purgeExpired, as many as it's told", async () => {
		let now = 1_000_000;
		const { storage, connection } = await (async () => {
			const spy = jest.spyOn(Connection.prototype, "run");
			const storage = await open({ clock: () => now });
			await storage.put(ENTRIES, { session: "s", seq: 0 });
			return { storage, connection: spy.mock.contexts.at(-1) as Connection };
		})();
		for (let seq = 1; seq <= 25; seq++) await storage.put(ENTRIES, { session: "s", seq, endsAt: 1_060 });
		const rows = () => connection.get('SELECT count(*) FROM "c_entries"')?.[0];
		expect(await storage.purgeExpired(10)).toBe(0);
		now += 61_000;
		expect((await storage.query(ENTRIES, { hash: "s" })).records).toHaveLength(1);
		expect(rows()).toBe(26);
		expect([await storage.purgeExpired(10), await storage.purgeExpired(20), await storage.purgeExpired(20)]).toEqual([
			10, 15, 0,
		]);
		expect(rows()).toBe(1);
	});
});

describe("the schema", () => {
	const SMALL = defineCollection<Entry>({ name: "entries", key: ENTRIES.key });

	test("new collections, indexes and ends are added to a file that has records", async () => {
		const path = join(folder, "grown.db");
		const old = await open({ path, collections: [SMALL] });
		await old.put(SMALL, { session: "s", seq: 1, kind: "message", endsAt: 1_000 });
		await old.put(SMALL, { session: "s", seq: 2, kind: "message", endsAt: 3_000 });
		await old.put(SMALL, { session: "s", seq: 3, kind: "" });
		await old.put(SMALL, { session: "s", seq: 4 });
		await old.close();
		const more = defineCollection<Entry>({ name: "more", key: { hash: "session" } });
		const grown = await open({ path, collections: [ENTRIES, more], clock: () => 2_000_000 });
		const { records } = await grown.query(ENTRIES, { hash: "message", index: "byKind" });
		expect(records.map(({ seq }) => seq)).toEqual([2]);
		expect((await grown.query(ENTRIES, { hash: "s" })).records.map(({ seq }) => seq)).toEqual([2, 3, 4]);
		expect((await grown.feed(ENTRIES, undefined, 10)).records).toHaveLength(3);
		await grown.put(more, { session: "s", seq: 1 });
		await grown.close();
		const shrunk = await open({ path, collections: [SMALL] });
		expect((await shrunk.query(SMALL, { hash: "s" })).records).toHaveLength(4);
	});

	test("a collection's key can't be changed", async () => {
		const path = join(folder, "key.db");
		await (await open({ path })).close();
		const other = defineCollection<Entry>({ name: "entries", key: { hash: "session" } });
		await expect(open({ path, collections: [other] })).rejects.toMatchObject({ code: "configuration_invalid" });
		await expect(
			open({ path, collections: [] }).then((storage) => storage.get(ENTRIES, ["s", 1])),
		).rejects.toMatchObject({ code: "invalid_query" });
	});

	test("migrations run in order, each once, all or none", () => {
		const connection = new Connection(":memory:");
		const migrations = [...MIGRATIONS, "CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"];
		prepareDatabase(connection, [], migrations.slice(0, 2));
		expect(() => prepareDatabase(connection, [], [...migrations, "NOT SQL"])).toThrow("NOT");
		expect(connection.get("SELECT count(*) FROM a")).toEqual([0]);
		prepareDatabase(connection, [ENTRIES], migrations);
		prepareDatabase(connection, [ENTRIES], migrations);
		expect(connection.get("SELECT count(*) FROM a")).toEqual([1]);
		expect(() => checkDatabase(connection, migrations)).not.toThrow();
		expect(() => checkDatabase(connection, MIGRATIONS)).toThrow(expect.objectContaining({ code: "database_newer" }));
		connection.close();
	});

	test("an index, or an end, that's declared since is there for the records that were there before", async () => {
		const path = join(folder, "since.db");
		const first = await open({ path, collections: [NAMES] });
		for (const name of ["a", "b", "c"]) await first.put(NAMES, { session: "s", name, kind: name === "b" ? "x" : "y" });
		await first.close();
		const indexed = defineCollection<Name>({
			...NAMES,
			indexes: { byKind: { hash: "kind", range: { field: "name", type: "string" } } },
		});
		const second = await open({ path, collections: [indexed] });
		const byKind = await second.query(indexed, { index: "byKind", hash: "y" });
		expect(byKind.records.map(({ name }) => name)).toEqual(["a", "c"]);
		await second.put(indexed, { session: "s", name: "d", kind: "y" });
		await second.close();
		const third = await open({ path, collections: [NAMES] });
		const { records } = await third.query(NAMES, { hash: "s" });
		expect(records.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
	});

	test("the feed's numbers are never used again", async () => {
		const path = join(folder, "numbers.db");
		const first = await open({ path });
		for (const seq of [1, 2, 3]) await first.put(ENTRIES, { session: "s", seq });
		const { cursor } = await first.feed(ENTRIES, undefined, 10);
		for (const seq of [1, 2, 3]) await first.delete(ENTRIES, ["s", seq]);
		await first.close();
		const second = await open({ path });
		await second.put(ENTRIES, { session: "s", seq: 4 });
		expect((await second.feed(ENTRIES, cursor, 10)).records).toEqual([{ session: "s", seq: 4 }]);
	});

	test("every query finds its rows by an index, in their order", async () => {
		const storage = await open({ collections: [ENTRIES, NAMES] });
		const all = jest.spyOn(Connection.prototype, "all");
		for (const kind of ["a", "b"]) {
			for (let seq = 1; seq < 5; seq++) await storage.put(ENTRIES, { session: "s", seq, kind });
		}
		const ranges: Query["range"][] = [undefined, { eq: 2 }, { after: 1 }, { to: 3 }, { between: [1, 3] }];
		for (const index of [undefined, "byKind"]) {
			for (const order of ["asc", "desc"] as const) {
				for (const range of ranges) {
					const query = { hash: index ? "b" : "s", index, order, range, limit: 1 };
					const { cursor } = await storage.query(ENTRIES, query);
					if (cursor) await storage.query(ENTRIES, { ...query, cursor });
				}
			}
		}
		for (const name of ["a", "b"]) await storage.put(NAMES, { session: "s", name });
		const { cursor } = await storage.query(NAMES, { hash: "s", limit: 1 });
		await storage.query(NAMES, { hash: "s", limit: 1, cursor });
		await storage.feed(ENTRIES, undefined, 10);
		const connection = all.mock.contexts.at(-1) as Connection;
		const statements = new Map(all.mock.calls.map(([sql, ...values]) => [sql, values]));
		all.mockRestore();
		expect(statements.size).toBeGreaterThan(10);
		for (const [sql, values] of statements) {
			const plan = JSON.stringify(connection.all(`EXPLAIN QUERY PLAN ${sql}`, ...values));
			expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
			expect(plan).toMatch(/SEARCH/);
		}
	});
});
