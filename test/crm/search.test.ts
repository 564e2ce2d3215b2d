import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MessageIndexing } from "../../src/crm/search/MessageIndexing.js";
import type { Looking } from "../../src/crm/search/Search.js";
import { snippetOf } from "../../src/crm/search/snippet.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { TextIndex } from "../../src/storage/TextIndex.js";
import { WordTextIndex } from "../../src/storage/words/index.js";
import { TestClock, TestOffice } from "../support/office.js";
import { APP, CrmOffice } from "./CrmOffice.js";
import { COLLECTIONS } from "./marked.js";

test("a snippet shows where most of what was found is, and never half a character", () => {
	const text = `${"👍".repeat(100)} the late parcel ${"x".repeat(300)} late`;
	const at = text.indexOf("late parcel");
	const { text: shown, marks } = snippetOf(text, [
		{ from: at, to: at + 4 },
		{ from: at + 5, to: at + 11 },
		{ from: text.length - 4, to: text.length },
	]);
	expect(marks.map(({ from, to }) => shown.slice(from, to))).toEqual(["late", "parcel"]);
	expect(Buffer.from(shown).toString()).toBe(shown);
	expect(shown.length).toBeLessThan(170);
});

const INDEXES: Record<string, (storage: Storage) => Promise<TextIndex>> = {
	"words in the storage": async (storage) => new WordTextIndex(storage),
	FTS5: async () => {
		const libsql = await LibsqlStorage.open({ path: ":memory:", collections: [], textIndexes: ["texts"] });
		return libsql.textIndex("texts");
	},
};

describe.each(Object.entries(INDEXES))("search, by %s", (_, indexOn) => {
	let at: CrmOffice;

	beforeEach(async () => {
		at = await CrmOffice.open([], { indexOn });
	});

	afterEach(() => at.close());

	const staff: Looking = { reader: "staff" };

	/** What is found, once `count` messages have got into the index. */
	async function found(q: string, looking: Looking = staff): Promise<string[]> {
		const { items } = await at.crm.search.search(APP, q, looking);
		return items.map(({ message }) => message.content);
	}

	/** What was said can be found a moment later. */
	const settled = (q: string, count: number) =>
		at.eventually(async () => (await at.crm.search.search(APP, q, staff, { limit: 100 })).items.length === count);

	test("finds what was said, by words, phrases, and how the last word begins, whatever the capitals and accents", async () => {
		const ada = await at.customer();
		await ada.say("Where is my parcel? It's late");
		await ada.say("Où est mon été à Orléans");
		await settled("parcel", 1);
		await settled("ete", 1);
		expect(await found("PARCEL late")).toEqual(["Where is my parcel? It's late"]);
		expect(await found("parc")).toEqual(["Where is my parcel? It's late"]);
		expect(await found("orleans mon")).toEqual(["Où est mon été à Orléans"]);
		expect(await found('"my parcel"')).toEqual(["Where is my parcel? It's late"]);
		expect(await found('"parcel my"')).toEqual([]);
		expect(await found("parcel green")).toEqual([]);
		expect(await found('parc "')).toEqual([]);
	});

	test("ranks: the one that says more of it in fewer words first", async () => {
		const ada = await at.customer();
		await ada.say("refund, refund!");
		await ada.say(`Somebody once said something about a refund ${"and more of the kind ".repeat(10)}`);
		await settled("refund", 2);
		const [first] = await found("refund");
		expect(first).toBe("refund, refund!");
	});

	test("shows a part of the message, with what was looked for marked; and whose conversation it is", async () => {
		const ada = await at.customer();
		await ada.say(`${"Well. ".repeat(60)}The parcel is late.`);
		await settled("parcel", 1);
		const { items } = await at.crm.search.search(APP, "parcel", staff);
		expect(items).toEqual([
			expect.objectContaining({
				message: expect.objectContaining({ seq: 1 }),
				conversation: expect.objectContaining({ id: ada.conversationId, appId: APP, status: "open" }),
			}),
		]);
		const { text = "", marks = [] } = items[0]?.snippet ?? {};
		expect(text.startsWith("…")).toBe(true);
		expect(marks.map(({ from, to }) => text.slice(from, to))).toEqual(["parcel"]);
	});

	test("notes are found by staff, not by customers; customers find in their own conversations only", async () => {
		const grace = await at.agent("grace");
		const [ada, bob] = [await at.customer("ada@example.com"), await at.customer("bob@example.com")];
		await ada.say("zebra of Ada");
		await bob.say("zebra of Bob");
		await at.eventually(() => grace.client.read.length === 2);
		await grace.client.act("note", { conversationId: ada.conversationId, content: "zebra, a note" });
		await settled("zebra", 3);
		expect((await found("zebra")).sort()).toEqual(["zebra of Ada", "zebra of Bob", "zebra, a note"]);
		const { customerId } = await at.crm.conversations.get(APP, ada.conversationId ?? "");
		expect(await found("zebra", { reader: "customer", customerId })).toEqual(["zebra of Ada"]);
		const conversationId = bob.conversationId;
		expect(await found("zebra", { reader: "customer", customerId, conversationId })).toEqual(["zebra of Bob"]);
		const maySee = (conversation: { customerId: string }) => conversation.customerId === customerId;
		expect(await found("zebra", { reader: "customer", conversationId, maySee })).toEqual([]);
	});

	test("comes page by page, each once, the same whatever is said meanwhile", async () => {
		const ada = await at.customer();
		for (let n = 1; n <= 25; n++) await ada.say(`heron ${n}`);
		await settled("heron", 25);
		const seen: string[] = [];
		let cursor: string | undefined;
		do {
			const { items, nextCursor } = await at.crm.search.search(APP, "heron", staff, { limit: 10, cursor });
			seen.push(...items.map(({ message }) => message.content));
			if (cursor === undefined) {
				await ada.say("heron, late");
				await at.eventually(async () => (await found("late")).length === 1);
			}
			cursor = nextCursor;
		} while (cursor !== undefined);
		expect(seen).toHaveLength(25);
		expect(new Set(seen).size).toBe(25);
	});

	test("what was erased isn't found", async () => {
		const ada = await at.customer();
		await ada.say("a secret walrus");
		await settled("walrus", 1);
		await at.office.erase(APP, ada.conversationId ?? "");
		expect(await found("walrus")).toEqual([]);
		const { places } = await at.textIndex.find({ scope: `crm/${APP}`, words: ["walrus"] }, { limit: 10 });
		expect(places).toEqual([]);
	});

	test.each(["", "  ", "!?", "“”", "a b c d e f g h i j k"])("refuses %j, and says what is wrong", async (q) => {
		await expect(at.crm.search.search(APP, q, staff)).rejects.toMatchObject({ code: "invalid_input" });
	});

	test("refuses a cursor that it didn't give", async () => {
		const asked = at.crm.search.search(APP, "hello", staff, { cursor: "nonsense" });
		await expect(asked).rejects.toMatchObject({ code: "invalid_query" });
	});
});

test("what was erased isn't found because it's given again later, as it was said", async () => {
	const clock = new TestClock();
	const storage = new MemoryStorage({ collections: COLLECTIONS, clock: clock.read });
	const at = new TestOffice({ storage, clock: clock.read, feed: "given" });
	const index = new WordTextIndex(storage);
	at.office.plug(new MessageIndexing(index));
	const visitor = await at.visitor();
	const { sessionId } = visitor;
	const log = async () => {
		const said: Entry[] = [];
		for await (const page of at.office.history("shop", sessionId)) said.push(...page);
		return said;
	};
	const found = async (word: string) => {
		const { places } = await index.find({ scope: "test/shop", words: [word] }, { limit: 10 });
		return places.map(({ number }) => number);
	};
	await visitor.say("My secret");
	const given = await log();
	await at.office.feed(given);
	const secret = given.find(({ content }) => content.type === "message")?.seq;
	expect(await found("secret")).toEqual([secret]);
	await at.office.erase("shop", sessionId);
	expect(await found("secret")).toEqual([]);
	clock.advance(3_600_000);
	await visitor.connect();
	await visitor.join();
	await visitor.say("Another thing");
	// Another process, which knows nothing of the erasing.
	at.restart();
	at.office.plug(new MessageIndexing(index));
	await at.office.feed([...given, ...(await log()).slice(given.length)]);
	expect(await found("secret")).toEqual([]);
	expect(await found("another")).toHaveLength(1);
	expect(at.notes.errors).toEqual([]);
});
