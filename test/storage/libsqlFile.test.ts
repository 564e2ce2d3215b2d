import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Connection } from "../../src/storage/libsql/Connection.js";
import { backupDatabase, LibsqlStorage } from "../../src/storage/libsql/index.js";
import { bundle } from "../support/bundle.js";
import { ENTRIES } from "../support/entries.js";

const folder = mkdtempSync(join(tmpdir(), "stentor-file-"));
const opened: LibsqlStorage[] = [];
const children: ChildProcess[] = [];
let childPath: string;

beforeAll(async () => {
	childPath = await bundle("test/support/storageChild.ts");
});
afterEach(async () => {
	for (const child of children.splice(0)) child.kill("SIGKILL");
	for (const storage of opened.splice(0)) await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(path: string): Promise<LibsqlStorage> {
	const storage = await LibsqlStorage.open({ path, collections: [ENTRIES] });
	opened.push(storage);
	return storage;
}

/** A process that opens the database and writes (see storageChild.ts); `lines` is what it prints. */
async function start(path: string, session = "s") {
	const child = spawn(process.execPath, [childPath, path, session], { stdio: ["ignore", "pipe", "inherit"] });
	children.push(child);
	const lines: string[] = [];
	const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
	await once(reader, "line");
	return { child, lines, ended: once(reader, "close") };
}

/** Rejects with the code, with a message that names the path; every byte of the file stays what it was. */
async function refused(path: string, code: string): Promise<void> {
	const before = readFileSync(path);
	const log = logBytes(path);
	await expect(open(path)).rejects.toMatchObject({ code, message: expect.stringContaining(path) });
	expect(readFileSync(path).equals(before)).toBe(true);
	expect(logBytes(path)).toBe(log);
}

/** The size of the log beside a database. */
function logBytes(path: string): number {
	return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** A database with 200 entries, closed. */
async function made(name: string): Promise<string> {
	const path = join(folder, name);
	const storage = await open(path);
	for (let seq = 1; seq <= 200; seq++) await storage.put(ENTRIES, { session: "s", seq, text: "x".repeat(500) });
	await storage.close();
	return path;
}

describe("one process owns the file", () => {
	test("a second process is refused, and told why; after kill -9 of the first it's let in", async () => {
		const path = join(folder, "owned.db");
		const first = await start(path);
		expect(first.lines[0]).toBe("open");
		const second = await start(path);
		expect(second.lines[0]).toMatch(/^database_locked: .*owned\.db.*DATA_DIR/);
		await expect(open(path)).rejects.toMatchObject({ code: "database_locked" });
		first.child.kill("SIGKILL");
		await once(first.child, "exit");
		const third = await start(path);
		expect(third.lines[0]).toBe("open");
	});

	test("the same process can't open it twice, by whatever name, until it's closed", async () => {
		const path = await made("twice.db");
		const storage = await open(path);
		symlinkSync(path, join(folder, "alias.db"));
		await expect(open(path)).rejects.toMatchObject({ code: "database_locked" });
		await expect(open(join(folder, "alias.db"))).rejects.toMatchObject({ code: "database_locked" });
		await storage.put(ENTRIES, { session: "s", seq: 201 });
		await storage.close();
		expect(await (await open(path)).get(ENTRIES, ["s", 201])).toBeDefined();
	});

	test("closing leaves everything in the one file", async () => {
		const path = await made("closed.db");
		expect(logBytes(path)).toBe(0);
		const copy = join(folder, "closed-copy.db");
		writeFileSync(copy, readFileSync(path));
		expect(await (await open(copy)).get(ENTRIES, ["s", 200])).toBeDefined();
	});
});

test("kill -9 of a writing process loses no acknowledged write", async () => {
	const path = join(folder, "killed.db");
	for (let round = 0; round < 5; round++) {
		const session = `round ${round}`;
		const { child, lines, ended } = await start(path, session);
		while (lines.length < 200 + 100 * round) await new Promise((resolve) => setTimeout(resolve, 1));
		child.kill("SIGKILL");
		await ended;
		const acknowledged = lines.filter((line) => /^\d+$/.test(line)).map(Number);
		expect(acknowledged.length).toBeGreaterThan(100);
		const storage = await open(path);
		for (const seq of acknowledged) {
			expect(await storage.get(ENTRIES, [session, seq])).toEqual({ session, seq, text: "x".repeat(seq % 2_000) });
		}
		await storage.close();
	}
	const connection = new Connection(path);
	expect(connection.get("PRAGMA integrity_check")).toEqual(["ok"]);
	connection.close();
});

describe("a file that can't be read is refused and left as it is", () => {
	test("one of a newer release", async () => {
		const path = await made("newer.db");
		const connection = new Connection(path);
		connection.exec("PRAGMA user_version = 99");
		connection.close();
		await refused(path, "database_newer");
	});

	test("another program's database", async () => {
		const [path, empty] = [join(folder, "foreign.db"), join(folder, "foreign-empty.db")];
		const connection = new Connection(path);
		connection.exec("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')");
		connection.close();
		await refused(path, "database_damaged");
		const other = new Connection(empty);
		other.exec("PRAGMA application_id = 7");
		other.close();
		await refused(empty, "database_damaged");
	});

	test.each([
		["no database", () => Buffer.from("Dear diary,\n".repeat(1_000))],
		["a few bytes", () => Buffer.from("hello")],
		["a database cut off in the middle", (whole: Buffer) => whole.subarray(0, 8_192)],
		[
			"a database whose beginning is overwritten",
			(whole: Buffer) => Buffer.concat([Buffer.alloc(512, 1), whole.subarray(512)]),
		],
		[
			"a database whose list of tables is overwritten",
			(whole: Buffer) => Buffer.concat([whole.subarray(0, 100), Buffer.alloc(3_996, 7), whole.subarray(4_096)]),
		],
	])("%s", async (name, damage) => {
		const path = await made(`${name}.db`);
		writeFileSync(path, damage(readFileSync(path)));
		await refused(path, "database_damaged");
	});

	test("damage that's met later is told as such", async () => {
		const path = await made("later.db");
		const whole = readFileSync(path);
		writeFileSync(path, Buffer.concat([whole.subarray(0, 4_096 * 8), Buffer.alloc(whole.length - 4_096 * 8, 7)]));
		const reading = open(path).then(async (storage) => {
			for (let seq = 1; seq <= 200; seq++) await storage.get(ENTRIES, ["s", seq]);
		});
		await expect(reading).rejects.toMatchObject({ code: "database_damaged" });
	});

	test("an empty file is as good as none", async () => {
		const path = join(folder, "empty.db");
		writeFileSync(path, "");
		await (await open(path)).put(ENTRIES, { session: "s", seq: 1 });
	});
});

test("a path where no file can be is told with the reason", async () => {
	const inFile = join(await made("file.db"), "inner.db");
	const directory = join(folder, "directory.db");
	mkdirSync(directory);
	for (const path of [join(folder, "missing", "x.db"), inFile, directory]) {
		await expect(open(path)).rejects.toMatchObject({
			code: "storage_unavailable",
			message: expect.stringContaining(path),
			cause: expect.anything(),
		});
	}
	if (process.getuid?.() === 0) return; // root may write anywhere
	const closed = join(folder, "read-only");
	mkdirSync(closed);
	chmodSync(closed, 0o500);
	await expect(open(join(closed, "x.db"))).rejects.toMatchObject({ code: "storage_unavailable" });
});

describe("backup", () => {
	test("copies a running database consistently, without stopping it", async () => {
		const path = await made("running.db");
		const storage = await open(path);
		const target = join(folder, "running-copy.db");
		let seq = 200;
		let copying = true;
		const backup = storage.backup(target).finally(() => {
			copying = false;
		});
		// Each transaction writes two; a consistent copy has an even number.
		while (copying) {
			const records = [++seq, ++seq].map((seq) => ({ session: "s", seq, text: "x".repeat(500) }));
			await storage.transact(records.map((record) => ({ put: ENTRIES, record })));
		}
		await backup;
		expect(seq).toBeGreaterThan(200);
		await storage.close();
		const copy = await open(target);
		const { records, cursor } = await copy.feed(ENTRIES, undefined, 1_000);
		expect(records.length).toBeGreaterThanOrEqual(200);
		expect(records.length % 2).toBe(0);
		await copy.put(ENTRIES, { session: "other", seq: 1 });
		expect((await copy.feed(ENTRIES, cursor, 10)).records).toContainEqual({ session: "other", seq: 1 });
	});

	test("works from another process than the owner's", async () => {
		const path = join(folder, "others.db");
		const { lines } = await start(path);
		while (lines.length < 50) await new Promise((resolve) => setTimeout(resolve, 1));
		const acknowledged = lines.slice(1).map(Number);
		const target = join(folder, "others-copy.db");
		await backupDatabase(path, target);
		const copy = await open(target);
		for (const seq of acknowledged) expect(await copy.get(ENTRIES, ["s", seq])).toBeDefined();
	});

	test("doesn't overwrite a file, and leaves nothing behind where it fails", async () => {
		const storage = await open(join(folder, "source.db"));
		const target = join(folder, "precious.txt");
		writeFileSync(target, "precious");
		const exists = { code: "storage_unavailable", message: expect.stringContaining("precious.txt") };
		await expect(storage.backup(target)).rejects.toMatchObject(exists);
		expect(readFileSync(target, "utf8")).toBe("precious");
		await expect(storage.backup(join(folder, "nowhere", "x.db"))).rejects.toMatchObject({
			code: "storage_unavailable",
		});
		const noDatabase = join(folder, "no-database");
		writeFileSync(noDatabase, "x".repeat(5_000));
		const copy = join(folder, "no-copy.db");
		await expect(backupDatabase(noDatabase, copy)).rejects.toMatchObject({ code: "storage_unavailable" });
		expect(existsSync(copy)).toBe(false);
	});

	test("copies a database in memory", async () => {
		const storage = await open(":memory:");
		await storage.put(ENTRIES, { session: "s", seq: 1 });
		const target = join(folder, "memory-copy.db");
		await storage.backup(target);
		expect(await (await open(target)).get(ENTRIES, ["s", 1])).toEqual({ session: "s", seq: 1 });
	});
});
