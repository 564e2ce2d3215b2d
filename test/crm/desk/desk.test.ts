import { describe, expect, test } from "@jest/globals";
import { eventually } from "../../support/eventually.js";
import { APP, agentId, DeskGiven } from "./given.js";

describe.each([
	["in one process", false],
	["in several", true],
])("%s", (_, isShared) => {
	describe("an agent who subscribes", () => {
		test("is told of a conversation that begins, what is said in it, and who has it", async () => {
			const given = new DeskGiven({ isShared });
			const grace = await given.subscriber("grace");
			expect(grace.client.of("subscribed")).toEqual([{ recovered: false, cursor: expect.any(String) }]);
			const visitor = await given.asking("Where  is\nmy order?");
			const id = visitor.sessionId;
			await grace.shows(id, (shown) =>
				expect(shown).toMatchObject({
					id,
					status: "open",
					priority: "low",
					channel: "web",
					customer: { id: expect.any(String) },
					lastMessageAt: expect.stringMatching(/^20.+Z$/),
					preview: { text: "Where is my order?", from: "visitor" },
					messageCount: 1,
					unreadCount: 1,
					rev: expect.any(Number),
					version: expect.any(Number),
				}),
			);
			await given.move(id, { agent: "grace" });
			await grace.shows(id, (shown) => expect(shown?.agent).toMatchObject({ name: "grace" }));
			await given.conversations.seen(APP, id);
			await grace.shows(id, (shown) => expect(shown?.unreadCount).toBe(0));
			await grace.client.act("closeConversation", { conversationId: id });
			await grace.shows(id, (shown) => expect(shown).toMatchObject({ status: "closed", closedAt: expect.any(String) }));
			await visitor.say("One more thing");
			await grace.shows(id, (shown) =>
				expect(shown).toMatchObject({
					status: "open",
					messageCount: 2,
					unreadCount: 1,
					preview: { text: "One more thing" },
				}),
			);
			const versions = grace.client.of("conversation").map(({ conversation }) => conversation.version);
			expect(versions).toEqual([...versions].sort((a, b) => a - b));
		});

		test("is told of one conversation at most once in a while, and the last time of all of it", async () => {
			const gapMs = 200;
			const given = new DeskGiven({ gapMs, isShared });
			const grace = await given.subscriber("grace");
			const began = performance.now();
			const visitor = await given.asking("1");
			for (let i = 2; i <= 40; i++) await visitor.say(String(i));
			await grace.shows(visitor.sessionId, (shown) => expect(shown?.messageCount).toBe(40));
			const most = 2 + (performance.now() - began) / gapMs;
			expect(grace.client.of("conversation").length).toBeLessThanOrEqual(most);
		});

		test("and who unsubscribes, goes, or subscribes again, is told nothing more, and nothing twice", async () => {
			const given = new DeskGiven({ isShared });
			const [grace, alan, ada] = [
				await given.subscriber("grace"),
				await given.subscriber("alan"),
				await given.subscriber("ada"),
			];
			await grace.client.act("unsubscribe");
			await alan.client.drop();
			await ada.subscribe();
			const visitor = await given.asking("Hello");
			await ada.shows(visitor.sessionId, (shown) => expect(shown).toBeDefined());
			expect(grace.client.of("conversation")).toEqual([]);
			expect(alan.client.of("conversation")).toEqual([]);
			const cursors = ada.client.of("conversation").map(({ cursor }) => cursor);
			expect(new Set(cursors).size).toBe(cursors.length);
		});

		test("each change is written once, however many there are", async () => {
			const announced: number[] = [];
			const given = new DeskGiven({
				isShared,
				announce: (announce) => (connections, signal) => {
					if (signal.type === "conversation") announced.push(connections.length);
					return announce(connections, signal);
				},
			});
			for (let i = 0; i < 20; i++) await given.subscriber(`agent-${i}`);
			const last = await given.subscriber("last");
			const visitor = await given.asking("Hello");
			await last.shows(visitor.sessionId, (shown) => expect(shown?.messageCount).toBe(1));
			expect(announced.length).toBeGreaterThan(0);
			expect(announced.every((count) => count === 21)).toBe(true);
		});

		test("what was erased is shown no more", async () => {
			const given = new DeskGiven({ isShared });
			const grace = await given.subscriber("grace");
			const visitor = await given.asking("my card is 4111");
			const id = visitor.sessionId;
			await grace.shows(id, (shown) => expect(shown?.preview?.text).toContain("4111"));
			await given.at.office.erase(APP, id);
			await grace.shows(id, (shown) => expect(shown).not.toHaveProperty("preview"));
			expect(JSON.stringify(await given.conversations.get(APP, id))).not.toContain("4111");
		});

		test("a storage that fails for a moment delays it", async () => {
			const given = new DeskGiven({ isShared });
			const grace = await given.subscriber("grace");
			const visitor = await given.asking("One");
			await grace.shows(visitor.sessionId, (shown) => expect(shown?.messageCount).toBe(1));
			const { storage } = given;
			const batchGet = storage.batchGet.bind(storage);
			let failures = 3;
			storage.batchGet = async (...asked) => {
				if (failures-- > 0) throw new Error("not now");
				return batchGet(...asked);
			};
			await given.move(visitor.sessionId, { agent: "grace" });
			await grace.shows(visitor.sessionId, (shown) => expect(shown?.agent).toBeDefined());
			expect(failures).toBeLessThan(0);
			expect(given.at.notes.errors).toEqual(
				expect.arrayContaining([expect.objectContaining({ event: "desk not told" })]),
			);
		});

		test("customers and visitors can't", async () => {
			const given = new DeskGiven({ isShared });
			const ada = await given.at.customer();
			await ada.act("subscribe");
			expect(ada.of("error")).toEqual([expect.objectContaining({ code: "agent_token_required" })]);
		});
	});

	describe("who may see what", () => {
		test("an agent: what is theirs, and their departments'; an admin: all; what is others' from now on goes", async () => {
			const given = new DeskGiven({ isShared });
			const sales = await given.subscriber("sam", { departments: ["sales"] });
			const care = await given.subscriber("cara", { departments: ["care"] });
			const admin = await given.subscriber("ada", { role: "admin", departments: ["none"] });
			const { sessionId: id } = await given.asking("Hello");
			for (const each of [sales, care, admin]) await each.shows(id, (shown) => expect(shown).toBeDefined());

			await given.move(id, { department: "sales" });
			await care.shows(id, (shown) => expect(shown).toBeUndefined());
			await sales.shows(id, (shown) => {
				admin.read();
				expect(shown).toEqual(admin.shown.get(id));
			});
			const seen = care.client.of("conversation").length;
			await given.conversations.update(APP, id, { priority: "urgent" });
			for (const each of [sales, admin]) await each.shows(id, (shown) => expect(shown?.priority).toBe("urgent"));
			expect(care.client.of("conversation")).toHaveLength(seen);

			await given.move(id, { department: "sales", agent: "cara" });
			await care.shows(id, (shown) => expect(shown).toBeDefined());
			await given.move(id, { department: "care" });
			await sales.shows(id, (shown) => expect(shown).toBeUndefined());
		});

		test("whose departments change reads the lists anew, and is told by the new ones", async () => {
			const given = new DeskGiven({ isShared });
			const sam = await given.subscriber("sam", { departments: ["sales"] });
			const { sessionId: id } = await given.asking("Hello");
			await given.move(id, { department: "care" });
			await sam.shows(id, (shown) => expect(shown).toBeUndefined());
			sam.read();
			given.staff.set(agentId("sam"), { departments: ["care"] });
			await given.desk.reconsider(APP, agentId("sam"));
			expect(sam.read()).toBe(true);
			await given.conversations.update(APP, id, { priority: "high" });
			await sam.shows(id, (shown) => expect(shown?.priority).toBe("high"));
		});
	});

	describe("who was away", () => {
		test("is told what changed meanwhile, whole, and then how far that goes", async () => {
			const given = new DeskGiven({ isShared });
			const grace = await given.subscriber("grace", { departments: ["care"] });
			const visitors = [await given.asking("A"), await given.asking("B"), await given.asking("C")];
			const [a, b, c] = visitors.map(({ sessionId }) => sessionId) as [string, string, string];
			for (const id of [a, b, c]) await grace.shows(id, (shown) => expect(shown?.messageCount).toBe(1));
			await grace.client.drop();
			await visitors[0]?.say("more");
			await given.move(b, { department: "sales" });
			const d = (await given.asking("D")).sessionId;
			await given.at.office.idle();
			await new Promise((resolve) => setTimeout(resolve, 200));
			const hidden = (await given.asking("E")).sessionId;
			await new Promise((resolve) => setTimeout(resolve, 200));
			await given.move(hidden, { department: "sales" });
			await new Promise((resolve) => setTimeout(resolve, 100));
			await grace.reconnect();
			const frames = grace.client.frames.filter(({ type }) => type === "conversation" || type === "subscribed");
			expect(frames.at(-1)).toMatchObject({ type: "subscribed", data: { recovered: true } });
			expect(grace.read()).toBe(false);
			expect([...grace.shown.keys()].sort()).toEqual([a, c, d].sort());
			expect(grace.shown.get(a)?.messageCount).toBe(2);
			// Where clocks differ, what was told shortly before is told again.
			if (!isShared) expect(frames.map(({ data }) => data.conversationId)).not.toContain(c);
		});

		test.each([
			["of another run", "abc.3"],
			["that's none", "the-secret-words"],
			["without a number", "abc."],
			["that's ahead", (cursor: string) => `${cursor}9`],
		])("with a cursor %s is told to read the lists anew", async (_, cursor) => {
			const given = new DeskGiven({ isShared });
			const grace = await given.subscriber("grace");
			grace.read();
			await grace.reconnect(typeof cursor === "string" ? cursor : cursor(grace.cursor ?? ""));
			expect(grace.client.of("subscribed")).toEqual([{ recovered: false, cursor: expect.any(String) }]);
			expect(grace.client.of("error")).toEqual([]);
		});
	});
});

test("in one process an agent is told of what's said before it's counted, and not of the counting", async () => {
	const given = new DeskGiven();
	const grace = await given.subscriber("grace");
	const visitor = await given.asking("One");
	await grace.shows(visitor.sessionId, (shown) => expect(shown?.messageCount).toBe(1));
	const before = grace.client.of("conversation").length;
	await visitor.say("Two");
	await grace.shows(visitor.sessionId, (shown) => expect(shown?.messageCount).toBe(2));
	await given.at.office.idle();
	// The projection writes what it gathered.
	await new Promise((resolve) => setTimeout(resolve, 150));
	expect(await given.conversations.get(APP, visitor.sessionId)).toMatchObject({ messageCount: 2 });
	expect(grace.client.of("conversation")).toHaveLength(before + 1);
});

test("in one process, who reads too slowly is told nothing for a while, and then to read the lists anew; others aren't held up", async () => {
	let release = () => {};
	const held = new Promise<boolean>((resolve) => {
		release = () => resolve(true);
	});
	let slow = "";
	const given = new DeskGiven({
		gapMs: 1,
		announce: (announce) => (connections, signal) => {
			const sent = announce(connections, signal);
			return connections.map((connection, i) => (connection === slow ? held : (sent[i] ?? Promise.resolve(true))));
		},
	});
	const grace = await given.subscriber("grace");
	const alan = await given.subscriber("alan");
	slow = grace.client.connection;
	const open = (email: string) => given.conversations.open(APP, { customer: { email } });
	for (let i = 0; i < 600; i++) await open(`customer-${i}@example.com`);
	await eventually(() => expect(alan.client.of("conversation")).toHaveLength(600));
	const told = grace.client.of("conversation").length;
	expect(told).toBeLessThanOrEqual(500);
	release();
	await new Promise((resolve) => setTimeout(resolve, 20));
	expect(grace.client.of("subscribed").at(-1)).toMatchObject({ recovered: false });
	const { conversation } = await open("last@example.com");
	await grace.shows(conversation.id, (shown) => expect(shown).toBeDefined());
});
