import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import Database from "libsql";
import type { Crm } from "../../src/crm/Crm.js";
import { crmCollections } from "../../src/crm/collections.js";
import { collections } from "../../src/delivery/records.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { openFolderBlobs } from "../support/blobStores.js";
import { APP, MARK, openMarkedCrm, talked } from "./marked.js";

const DAY = 24 * 3_600_000;

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const end of ends.reverse()) await end();
	ends = [];
});

interface Place {
	readonly crm: Crm;
	readonly now: { ms: number };
	/** What is stored anywhere and holds the mark: rows by their table, and files. */
	found(): string[];
}

/** Rows of every table, as another program sees them. */
function rowsWithMark(path: string): string[] {
	const database = new Database(path);
	const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
	const found = tables.flatMap(({ name }) =>
		(database.prepare(`SELECT * FROM "${name}"`).all() as object[])
			.map((row) => `${name}: ${JSON.stringify(row)}`)
			.filter((row) => row.toLowerCase().includes(MARK)),
	);
	database.close();
	return found;
}

function filesWithMark(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((each) => each.isFile())
		.map(({ parentPath, name }) => join(parentPath, name))
		.filter((file) => `${file} ${readFileSync(file, "latin1")}`.toLowerCase().includes(MARK));
}

async function open(retentionDays?: number): Promise<Place> {
	const now = { ms: Date.now() };
	const clock = () => now.ms;
	const folder = mkdtempSync(join(tmpdir(), "stentor-care-"));
	ends.push(() => rmSync(folder, { recursive: true, force: true }));
	const all = [...collections, ...crmCollections];
	const storage = await LibsqlStorage.open({
		path: join(folder, "crm.db"),
		collections: all,
		textIndexes: ["messages"],
		clock,
	});
	ends.push(() => storage.close());
	const blobs = await openFolderBlobs({}, clock);
	ends.push(() => blobs.close());
	const textIndex = storage.textIndex("messages");
	const crm = openMarkedCrm({ storage, textIndex, blobs: blobs.store, clock, retentionDays });
	ends.push(() => crm.close());
	return { crm, now, found: () => [...rowsWithMark(join(folder, "crm.db")), ...filesWithMark(blobs.folder)] };
}

describe("a customer who is erased", () => {
	test("is in no record and no file any more, nor is what was said to them or about them", async () => {
		const place = await open();
		const { customerId, id } = await talked(place.crm);
		const tables = new Set(place.found().map((row) => row.slice(0, row.indexOf(":"))));
		for (const name of ["entries", "sessions", "messageIds", "customers", "conversations", "attachments"]) {
			expect(tables).toContain(`c_${name}`);
		}
		expect(await place.crm.erasures.customer(APP, customerId)).toBe("done");
		expect(place.found()).toEqual([]);
		await expect(place.crm.customers.get(APP, customerId)).rejects.toMatchObject({ code: "customer_unknown" });
		await expect(place.crm.conversations.get(APP, id)).rejects.toMatchObject({ code: "conversation_unknown" });
		// A day later what a slower process may have kept is looked for again.
		place.now.ms += 2 * DAY;
		await place.crm.upkeep();
		expect(await place.crm.erasures.jobs.upkeep(APP)).toBe(0);
		expect(place.found()).toEqual([]);
	});

	test("is unknown a second time, and comes again as somebody new", async () => {
		const place = await open();
		const { customerId } = await talked(place.crm);
		await place.crm.erasures.customer(APP, customerId);
		await expect(place.crm.erasures.customer(APP, customerId)).rejects.toMatchObject({ code: "customer_unknown" });
		const { customer } = await place.crm.customers.findOrCreate(APP, { email: `${MARK}@example.com` });
		expect(customer.id).not.toBe(customerId);
	});

	test("leaves others as they are", async () => {
		const place = await open();
		const { customerId } = await talked(place.crm);
		const other = await place.crm.conversations.open(APP, { customer: { email: "bob@example.com" }, subject: "stays" });
		await place.crm.erasures.customer(APP, customerId);
		expect(await place.crm.conversations.get(APP, other.conversation.id)).toMatchObject({ subject: "stays" });
	});
});

test("an export has all of a customer, and ends by saying so", async () => {
	const place = await open();
	const { customerId, id } = await talked(place.crm);
	const lines = [];
	for await (const line of place.crm.exports.customer(APP, customerId)) lines.push(line);
	expect(lines[0]).toMatchObject({ type: "customer", data: { id: customerId, notes: MARK } });
	expect(lines[1]).toMatchObject({ type: "conversation", data: { id, subject: MARK } });
	expect(lines.filter(({ type }) => type === "file")).toHaveLength(1);
	const said = lines.flatMap((line) => (line.type === "message" ? line.data.content : []));
	expect(said).toEqual(expect.arrayContaining([`I am ${MARK}`, `Careful with ${MARK}`]));
	const end = { conversations: 1, messages: said.length, files: 1 };
	expect(lines.at(-1)).toEqual({ type: "end", data: end });
	await expect(place.crm.exports.customer(APP, "nobody").next()).rejects.toMatchObject({ code: "customer_unknown" });
});

test("a conversation that was closed long enough ago is erased, an open one and its customer aren't", async () => {
	const place = await open(30);
	const { customerId, id } = await talked(place.crm);
	const open_ = await place.crm.conversations.open(APP, { customerId });
	const agent = { role: "agent", user: "agent-1", name: "Ada" } as const;
	await place.crm.handling.close(await place.crm.conversations.get(APP, id), agent);
	place.now.ms += 29 * DAY;
	await place.crm.upkeep();
	expect(await place.crm.conversations.get(APP, id)).toMatchObject({ status: "closed" });
	place.now.ms += 2 * DAY;
	await place.crm.upkeep();
	await expect(place.crm.conversations.get(APP, id)).rejects.toMatchObject({ code: "conversation_unknown" });
	expect(await place.crm.conversations.get(APP, open_.conversation.id)).toMatchObject({ status: "open" });
	expect(await place.crm.customers.get(APP, customerId)).toMatchObject({ id: customerId });
	expect(place.found().filter((row) => row.startsWith("c_entries"))).toEqual([]);
});
