import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { BlobStore } from "../../src/blobs/BlobStore.js";
import type { Crm } from "../../src/crm/Crm.js";
import { crmCollections } from "../../src/crm/collections.js";
import { collections } from "../../src/delivery/records.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { TextIndex } from "../../src/storage/TextIndex.js";
import { WordTextIndex, wordCollections } from "../../src/storage/words/index.js";
import { openFolderBlobs, openS3Blobs } from "../support/blobStores.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { Notes } from "../support/office.js";
import { Dying } from "./Dying.js";
import { APP, isMarked, MARK, openMarkedCrm, talked } from "./marked.js";

/** What is said in the conversation alone. */
const SAID = [`i am ${MARK}`, `careful with ${MARK}`];
const DAY = 24 * 3_600_000;
/** After so long a process that worked on a job counts as dead. */
const LEASE_MS = 120_001;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** All that is kept anywhere. */
interface Stores {
	readonly storage: Storage;
	readonly textIndex: TextIndex;
	readonly blobs: BlobStore;
	readonly scrub?: () => Promise<void>;
	/** Where the mark is, by default everybody's. */
	found(mark?: string): Promise<string[]>;
}

type Clock = () => number;

function folderOf(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), name));
	ends.push(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** Files with the mark in their name or their bytes, in whatever state a database has them. */
function filesWithMark(folder: string, mark = MARK): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((each) => each.isFile())
		.map(({ parentPath, name }) => join(parentPath, name))
		.filter((file) => `${file} ${readFileSync(file, "latin1")}`.toLowerCase().includes(mark));
}

async function inMemory(clock: Clock): Promise<Stores> {
	const storage = new MemoryStorage({ collections: [...collections, ...crmCollections, ...wordCollections], clock });
	const { store: blobs, folder, close } = await openFolderBlobs({}, clock);
	ends.push(close);
	return {
		storage,
		blobs,
		textIndex: new WordTextIndex(storage),
		found: async (mark) => [...(isMarked(storage, mark) ? ["memory"] : []), ...filesWithMark(folder, mark)],
	};
}

async function onLibsql(clock: Clock): Promise<Stores> {
	const folder = folderOf("stentor-traces-");
	const all = [...collections, ...crmCollections];
	const options = { path: join(folder, "crm.db"), collections: all, textIndexes: ["messages"], clock };
	const storage = await LibsqlStorage.open(options);
	ends.push(() => storage.close());
	const blobs = await openFolderBlobs({}, clock);
	ends.push(blobs.close);
	return {
		storage,
		blobs: blobs.store,
		textIndex: storage.textIndex("messages"),
		scrub: () => storage.scrub(),
		found: async (mark) => [...filesWithMark(folder, mark), ...filesWithMark(blobs.folder, mark)],
	};
}

const STORES: Record<string, (clock: Clock) => Promise<Stores>> = {
	"in memory": inMemory,
	"in a libsql file, with the log beside it": onLibsql,
};

await onDynamodbLocal(({ client, endpoint }) => {
	beforeAll(() => createTables(client, [...collections, ...crmCollections, ...wordCollections]), 240_000);
	STORES["in DynamoDB's tables and an S3 bucket"] = async (clock) => {
		const streams = new DynamoDBStreamsClient(localSettings(endpoint));
		ends.push(() => streams.destroy());
		const storage = new DynamoStorage({ client, streams, clock });
		ends.push(() => storage.close());
		const { store: blobs, directory, close } = await openS3Blobs();
		ends.push(close);
		const found = async (mark?: string) => {
			const { TableNames: names = [] } = await client.send(new ListTablesCommand({}));
			const marked: string[] = [];
			for (const TableName of names) {
				let from: Record<string, never> | undefined;
				do {
					const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: from }));
					for (const item of page.Items ?? []) if (isMarked(item, mark)) marked.push(TableName);
					from = page.LastEvaluatedKey as typeof from;
				} while (from);
			}
			return [...marked, ...filesWithMark(directory, mark)];
		};
		return { storage, blobs, textIndex: new WordTextIndex(storage), found };
	};
});

/** Has a process that died gone on from: its job is found, and done. */
async function goOn(crm: Crm, now: { ms: number }): Promise<void> {
	now.ms += LEASE_MS;
	for (let upkeeps = 0; upkeeps < 5; upkeeps++) await crm.upkeep();
	expect(await crm.erasures.jobs.upkeep(APP)).toBe(0);
}

describe.each(Object.entries(STORES))("what was erased leaves no trace %s", (name, open) => {
	const deaths = name === "in memory" ? 8 : 1;

	async function begun() {
		const dying = new Dying();
		const now = { ms: Date.now() };
		const stores = await open(() => now.ms);
		const notes = new Notes();
		const clock = () => now.ms;
		const first = openMarkedCrm({ ...stores, clock, monitor: notes });
		const { customerId, id } = await talked(first);
		expect((await stores.found()).length).toBeGreaterThan(0);
		await first.close();
		const crm = openMarkedCrm({
			...stores,
			storage: dying.of(stores.storage, ["put", "update", "delete", "transact"]),
			textIndex: dying.of(stores.textIndex, ["add", "remove"]),
			blobs: dying.of(stores.blobs, ["delete"]),
			clock,
			monitor: notes,
		});
		const again = () => openMarkedCrm({ ...stores, clock, monitor: notes });
		return { now, stores, notes, crm, dying, customerId, id, again };
	}

	test("nor do the logs that were written meanwhile", async () => {
		const { stores, notes, crm, customerId, now } = await begun();
		expect(await crm.erasures.customer(APP, customerId)).toBe("done");
		expect(await stores.found()).toEqual([]);
		// A day later what a slower process may have kept is looked for again.
		now.ms += 2 * DAY;
		await crm.upkeep();
		expect(await stores.found()).toEqual([]);
		await crm.close();
		expect(isMarked(notes.lines)).toBe(false);
		expect(notes.errors).toEqual([]);
	}, 240_000);

	test("also where it's one conversation of a customer who stays", async () => {
		const { stores, crm, id } = await begun();
		for (const said of SAID) expect((await stores.found(said)).length).toBeGreaterThan(0);
		await crm.erasures.conversation(APP, id);
		await crm.upkeep();
		for (const said of SAID) expect(await stores.found(said)).toEqual([]);
		await crm.close();
	}, 240_000);

	test("also where the process dies in the middle, wherever that is", async () => {
		const { crm, customerId, dying } = await begun();
		const before = dying.writes;
		await crm.erasures.customer(APP, customerId);
		const writes = dying.writes - before;
		await crm.close();
		let died = 0;
		for (let n = 0; n < deaths; n++) {
			const each = await begun();
			const { stores, now, notes } = each;
			each.dying.dieAfter(Math.floor(Math.random() * 0.8 * writes));
			await each.crm.erasures.customer(APP, each.customerId).catch(() => died++);
			const at = each.dying.writes - writes;
			await each.crm.close().catch(() => undefined);
			const next = each.again();
			// Where not even the job was written, whoever asked was told that it failed.
			const wasBegun = await next.erasures.jobs.find(APP, "erase-customer", each.customerId);
			if (!wasBegun) await next.erasures.customer(APP, each.customerId);
			await goOn(next, now);
			expect({ at, found: await stores.found() }).toEqual({ at, found: [] });
			await next.close();
			expect(isMarked(notes.lines)).toBe(false);
		}
		expect(died).toBeGreaterThan(0);
	}, 240_000);
});
