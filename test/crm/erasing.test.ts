import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import Database from "libsql";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { ChatCustomerConnector } from "../../src/connectors/chat/ChatCustomerConnector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { uploaderOf } from "../../src/crm/attachments/messageFiles.js";
import { Crm } from "../../src/crm/Crm.js";
import { crmCollections } from "../../src/crm/collections.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { textRequest } from "../../src/protocol/stentor.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { Steered, say } from "../delivery/Steered.js";
import { openFolderBlobs } from "../support/blobStores.js";
import { eventually } from "../support/eventually.js";
import { LoopTransport } from "../support/LoopTransport.js";

const APP = "shop";
const TOPIC = "care";
const SECRET = "a secret of 32 bytes, or of more.";
/** Stands in everything of the customer who is erased, and nowhere else. */
const MARK = "xq7only";
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
	const apps = new StaticApps([{ id: APP, bot: { url: "http://127.0.0.1:1/bot" } }]);
	const bot = new Steered();
	bot.reply = ({ request }) => say(`You said: ${request.rawQuery}`);
	const crm = new Crm({
		topic: TOPIC,
		storage,
		blobs: blobs.store,
		textIndex: storage.textIndex("messages"),
		apps,
		monitor: silent,
		clock,
		secret: SECRET,
		aliasSecret: SECRET,
		visitorAuth: "open",
		retentionDays,
		office: ({ frontDesk, files }) =>
			new PostOffice({
				topic: TOPIC,
				storage,
				transport: new LoopTransport(),
				apps,
				connectors: [new ChatCustomerConnector({ frontDesk, secret: SECRET }), new WidgetConnector(), bot],
				monitor: silent,
				clock,
				secret: SECRET,
				soleOwner: true,
				files,
			}),
	});
	ends.push(() => crm.close());
	return { crm, now, found: () => [...rowsWithMark(join(folder, "crm.db")), ...filesWithMark(blobs.folder)] };
}

/** A customer, and what they and others said, with the mark in every field; answers the customer's id. */
async function talked({ crm }: Place): Promise<{ customerId: string; id: string }> {
	const email = `${MARK}@example.com`;
	const { conversation, customer } = await crm.conversations.open(APP, {
		customer: { email, name: MARK, phone: MARK, company: MARK, avatar: `https://example.com/${MARK}.png` },
		subject: MARK,
		tags: [MARK],
		metadata: { note: MARK },
	});
	const own = { tags: [MARK], notes: MARK, customFields: { field: MARK } };
	await crm.customers.update(APP, customer.id, own);
	const { user } = crm.persons.customer(conversation);
	const bytes = Buffer.from(`${MARK} in a file`);
	for (const isSent of [true, false]) {
		const asked = { fileName: `${MARK}.txt`, contentType: "text/plain", fileSize: bytes.length } as const;
		const ticket = await crm.attachments.requestUpload({ app: APP, uploader: uploaderOf("visitor", user) }, asked);
		const headers = { "Content-Type": "text/plain" };
		expect((await fetch(ticket.uploadUrl, { method: "PUT", headers, body: bytes })).status).toBe(200);
		const request = textRequest(`I am ${MARK}`);
		const attachments = isSent ? [{ url: ticket.attachmentUrl }] : undefined;
		const act = { type: "message", messageId: `id-${MARK}-${isSent}`, request, attachments } as const;
		const customerPerson = { role: "visitor", ...crm.persons.customer(conversation) } as const;
		await crm.handling.act(conversation, customerPerson, act);
	}
	const agent = { role: "agent", user: "agent-1", name: "Ada" } as const;
	await crm.handling.act(conversation, agent, { type: "note", text: `Careful with ${MARK}` });
	await crm.office.idle();
	await eventually(async () => {
		const { messageCount } = await crm.conversations.get(APP, conversation.id);
		expect(messageCount).toBeGreaterThan(2);
	});
	return { customerId: customer.id, id: conversation.id };
}

describe("a customer who is erased", () => {
	test("is in no record and no file any more, nor is what was said to them or about them", async () => {
		const place = await open();
		const { customerId, id } = await talked(place);
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
		const { customerId } = await talked(place);
		await place.crm.erasures.customer(APP, customerId);
		await expect(place.crm.erasures.customer(APP, customerId)).rejects.toMatchObject({ code: "customer_unknown" });
		const { customer } = await place.crm.customers.findOrCreate(APP, { email: `${MARK}@example.com` });
		expect(customer.id).not.toBe(customerId);
	});

	test("leaves others as they are", async () => {
		const place = await open();
		const { customerId } = await talked(place);
		const other = await place.crm.conversations.open(APP, { customer: { email: "bob@example.com" }, subject: "stays" });
		await place.crm.erasures.customer(APP, customerId);
		expect(await place.crm.conversations.get(APP, other.conversation.id)).toMatchObject({ subject: "stays" });
	});
});

test("an export has all of a customer, and ends by saying so", async () => {
	const place = await open();
	const { customerId, id } = await talked(place);
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
	const { customerId, id } = await talked(place);
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
