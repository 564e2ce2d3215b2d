import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import type { AnsweringConnector } from "../../src/connectors/Connector.js";
import { collections } from "../../src/delivery/records.js";
import { RouterError } from "../../src/protocol/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { SteeredTransport } from "../delivery/steering.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { AGENT_TOKEN, TestClock } from "../support/office.js";
import { ChatClient, ChatOffice, echo } from "./chatOffice.js";

async function logOf(at: ChatOffice, conversationId = "") {
	const pages = [];
	for await (const page of at.office.history("shop", conversationId)) pages.push(...page);
	return pages;
}

describe("a customer", () => {
	test("is greeted first, once the connect handler has returned, and never inside it", async () => {
		const at = new ChatOffice();
		const client = new ChatClient(at, { user: '{"email":"ada@example.com"}' });
		await client.arrive();
		await at.office.idle();
		expect(client.frames).toEqual([]);
		await at.office.welcome(client.connection);
		await at.office.idle();
		expect(client.frames).toEqual([
			{ conversationId: expect.any(String), customerId: expect.any(String), token: expect.any(String) },
		]);
	});

	test("is greeted with the first frame where nobody could be welcomed, once, also by two processes", async () => {
		const clock = Date.now;
		const shared = { storage: new MemoryStorage({ collections, clock }), transport: new LoopTransport(false) };
		const one = new ChatOffice({ ...shared, soleOwner: false });
		const other = new ChatOffice({ ...shared, soleOwner: false });
		const client = new ChatClient(one, { user: '{"email":"ada@example.com"}' });
		await client.arrive();
		await other.office.receive(client.connection, '{"action":"ping"}');
		await other.office.idle();
		expect(client.frames).toEqual([expect.objectContaining({ customerId: expect.any(String) }), { type: "pong" }]);
		const third = new ChatOffice({ ...shared, soleOwner: false });
		await third.office.receive(client.connection, '{"action":"ping"}');
		expect(client.frames.slice(2)).toEqual([{ type: "pong" }]);
	});

	test("is greeted once by three processes at the same moment, the one that let them in among them, and before anything else", async () => {
		const storage = new MemoryStorage({ collections, clock: Date.now });
		const transport = new SteeredTransport(false);
		transport.before = async () => void (await pause(20));
		const processes = [0, 1, 2].map(() => new ChatOffice({ storage, transport, soleOwner: false, clock: Date.now }));
		const [first = new ChatOffice()] = processes;
		const client = new ChatClient(first, { user: '{"email":"ada@example.com"}' });
		await client.arrive();
		const greeted = processes.map(({ office }) => office.welcome(client.connection));
		const pings = processes.map(({ office }) => office.receive(client.connection, '{"action":"ping"}'));
		expect(await Promise.all(greeted)).toEqual([true, true, true]);
		await Promise.all(pings);
		// The one that let them in has it done by another one, and later.
		for (const { office } of processes) await office.receive(client.connection, '{"action":"ping"}');
		for (const { office } of processes) await office.idle();
		expect(client.frames[0]).toMatchObject({ customerId: expect.any(String) });
		expect(client.frames.slice(1)).toEqual(Array(6).fill({ type: "pong" }));
	});

	test("is greeted by another process where the one that was about to has died", async () => {
		const clock = new TestClock();
		const storage = new MemoryStorage({ collections, clock: clock.read });
		const transport = new SteeredTransport(false);
		const [one, other] = [0, 1].map(() => new ChatOffice({ storage, transport, soleOwner: false, clock: clock.read }));
		if (!one || !other) throw new Error("There are two.");
		const client = new ChatClient(one, { user: '{"email":"ada@example.com"}' });
		await client.arrive();
		transport.before = () => new Promise(() => {});
		void one.office.welcome(client.connection);
		await pause(10);
		transport.before = async () => undefined;
		const greeted = other.office.welcome(client.connection);
		await pause(10);
		expect(client.frames).toEqual([]);
		clock.advance(6_000);
		expect(await greeted).toBe(true);
		expect(client.frames).toEqual([expect.objectContaining({ customerId: expect.any(String) })]);
	});

	test("is greeted, and pushed what they missed, by the frame after one that came while the storage was away", async () => {
		const storage = new MemoryStorage({ collections });
		const at = new ChatOffice({ storage, transport: new LoopTransport(false), soleOwner: false });
		const before = await at.customer();
		const { conversationId } = before;
		await before.drop();
		const grace = await at.chatAgent("grace", conversationId);
		await grace.act("sendMessage", { conversationId, content: "Welcome" });
		const ada = new ChatClient(at, { ...before.query, conversationId: conversationId ?? "" });
		await ada.arrive();
		storage.update = () => Promise.reject(new RouterError("storage_unavailable"));
		await at.office.receive(ada.connection, '{"action":"ping"}');
		expect(ada.of("error")).toMatchObject([{ code: "storage_unavailable", retryable: true }]);
		expect(ada.read).toEqual([]);
		Reflect.deleteProperty(storage, "update");
		await at.office.receive(ada.connection, '{"action":"ping"}');
		await at.office.idle();
		expect(ada.read).toEqual(["Welcome"]);
	});

	test("is greeted before what was said before they could be told, and is told that once", async () => {
		const at = new ChatOffice();
		const client = new ChatClient(at, { user: '{"email":"ada@example.com"}' });
		await client.arrive();
		const conversationId = at.frontDesk.receptions[0]?.conversationId;
		const agent = await at.chatAgent("grace", conversationId);
		await agent.act("sendMessage", { conversationId, content: "Welcome" });
		expect(client.frames[0]).toMatchObject({ conversationId, customerId: expect.any(String) });
		await at.office.welcome(client.connection);
		await at.office.idle();
		expect(client.read).toEqual(["Welcome"]);
		expect(client.frames.filter(({ customerId }) => customerId)).toHaveLength(1);
	});

	test("has what they write acknowledged once it's stored, with the message; sent again, the same", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		await ada.say("Hello", { messageId: "m1" });
		await ada.say("Hello", { messageId: "m1" });
		const ack = {
			messageId: "m1",
			conversationId: ada.conversationId,
			seq: 1,
			message: {
				id: `${ada.conversationId}.1`,
				conversationId: ada.conversationId,
				senderId: expect.stringMatching(/^visitor-/),
				senderType: "customer",
				senderName: "Ada",
				content: "Hello",
				messageType: "text",
				createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
				status: "sent",
				messageId: "m1",
				seq: 1,
				prev: 0,
				audience: "everyone",
				own: true,
			},
		};
		expect(ada.of("ack")).toEqual([ack, ack]);
		expect(ada.of("message")).toEqual([]);
		await ada.say("Other", { messageId: "m1" });
		expect(ada.of("error")).toEqual([
			expect.objectContaining({ code: "message_conflict", retryable: false, messageId: "m1" }),
		]);
		expect(await logOf(at, ada.conversationId)).toHaveLength(1);
	});

	test("sees on their other device what they wrote on this one, and what they missed when they come back", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		const { conversationId = "" } = ada;
		const phone = await at.customer("ada@example.com", { conversationId });
		expect(phone.conversationId).toBe(conversationId);
		await ada.say("From here");
		expect(phone.of("message")).toEqual([expect.objectContaining({ content: "From here", own: true })]);
		const laptop = await at.customer("ada@example.com", { conversationId });
		await laptop.drop();
		await phone.say("From the phone");
		await laptop.connect();
		expect(laptop.read).toEqual(["From the phone"]);
		expect(Object.keys(laptop.frames[0] ?? {})).toEqual(["conversationId", "customerId", "token"]);
	});

	test("resumes whole, or learns that it can't be", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		await ada.say("One");
		await ada.say("Two");
		await ada.act("resume", { since: 1 });
		expect(ada.read).toEqual(["Two"]);
		const { conversationId } = ada;
		expect(ada.of("resumed")).toEqual([{ conversationId, recovered: true, seq: 2 }]);
		await ada.act("resume", { since: 99 });
		expect(ada.of("resumed")[1]).toEqual({ conversationId, recovered: false, seq: 2 });
		expect(ada.read).toEqual(["Two"]);
	});

	test("may name no conversation but the one they came to, not even one of theirs", async () => {
		const at = new ChatOffice();
		const first = await at.customer();
		const second = await at.customer();
		expect(second.conversationId).not.toBe(first.conversationId);
		for (const action of ["sendMessage", "typing", "markRead", "closeConversation", "rate", "resume"]) {
			await second.act(action, {
				conversationId: first.conversationId,
				content: "x",
				isTyping: true,
				rating: 1,
				since: 0,
			});
		}
		expect(second.of("error").map(({ code }) => code)).toEqual(Array(6).fill("conversation_unknown"));
		expect(second.frames.slice(1).every(({ type }) => type === "error")).toBe(true);
		expect(await logOf(at, first.conversationId)).toEqual([]);
		expect(first.frames).toHaveLength(1);
	});

	test("can't be come as by the other dialect, with their customer id", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		const { customerId = "" } = ada.frames[0] ?? {};
		const other = await at.client({ userId: customerId }, ada.conversationId);
		await other.join();
		expect(other.of("connection update")[0]?.data).toMatchObject({ sessionCreated: false, code: "session_forbidden" });
	});

	test("who is refused leaves nothing behind", async () => {
		const at = new ChatOffice();
		const client = new ChatClient(at, { user: '{"email":"blocked@example.com"}' });
		await expect(client.arrive()).rejects.toMatchObject({ code: "session_forbidden" });
		expect(at.office.dialectOf(client.connection)).toBeUndefined();
	});
});

test("whose conversation turns out to be another's in the log is refused, and leaves nothing behind", async () => {
	const at = new ChatOffice();
	const { conversationId } = await at.frontDesk.open({ app: "shop", email: "ada@example.com" });
	await (await at.client({}, conversationId)).join();
	const ada = new ChatClient(at, { user: '{"email":"ada@example.com"}', conversationId });
	await expect(ada.arrive()).rejects.toMatchObject({ code: "session_forbidden" });
	expect(at.office.dialectOf(ada.connection)).toBeUndefined();
	await expect(ada.say("Hello")).rejects.toMatchObject({ code: "not_joined" });
});

describe("both dialects in one session", () => {
	test("a stock widget's visitor, a bot and an agent of the chat API hear each other; it's stored once", async () => {
		const at = new ChatOffice({ answering: [echo] });
		const visitor = await at.visitor();
		await visitor.say("Hi");
		expect(visitor.read).toEqual(["echo: Hi"]);
		const conversationId = visitor.sessionId;
		const agent = await at.chatAgent("grace", conversationId);
		expect(agent.of("message").map(({ content, senderType }) => [senderType, content])).toEqual([
			["customer", "Hi"],
			["bot", "echo: Hi"],
		]);

		await agent.act("takeOver", { conversationId });
		await visitor.say("Are you a person?");
		await agent.act("sendMessage", { conversationId, content: "I am", messageId: "a1" });
		expect(visitor.read).toEqual(["echo: Hi", "I am"]);
		const shown = visitor.of("new message").at(-1);
		expect(shown).toMatchObject({ sender: { deviceId: "Widget", isAdmin: true, displayName: "grace" } });
		expect(shown?.data).toMatchObject({ type: "INTENT_REQUEST", rawQuery: "I am" });
		expect(agent.read).toEqual(["Hi", "echo: Hi", "Are you a person?"]);

		await agent.act("giveBack", { conversationId });
		await visitor.say("And now?");
		expect(visitor.read).toEqual(["echo: Hi", "I am", "echo: And now?"]);
		expect(agent.read.slice(3)).toEqual(["And now?", "echo: And now?"]);
		expect((await logOf(at, conversationId)).map(({ content, from }) => [from.role, content.type])).toEqual([
			["visitor", "message"],
			["answerer", "message"],
			["agent", "joined"],
			["visitor", "message"],
			["agent", "message"],
			["agent", "left"],
			["visitor", "message"],
			["answerer", "message"],
		]);
	});

	test("what an agent of the chat API knows has no gap, whatever it came by", async () => {
		const at = new ChatOffice({ answering: [echo] });
		const visitor = await at.visitor();
		await visitor.say("Hi");
		const agent = await at.chatAgent("grace", visitor.sessionId);
		await agent.act("sendMessage", { conversationId: visitor.sessionId, content: "Hello", messageId: "a1" });
		await agent.act("note", { conversationId: visitor.sessionId, content: "A note", messageId: "a2" });
		await visitor.say("Thanks");
		await agent.act("closeConversation", { conversationId: visitor.sessionId });
		const entries = [...agent.of("message"), ...agent.of("status").filter(({ seq }) => seq)];
		entries.push(...agent.of("ack").map(({ message }) => message));
		entries.sort((a, b) => a.seq - b.seq);
		expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
		expect(entries.map(({ prev }) => prev)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
	});

	test("typing is heard both ways, and is not stored", async () => {
		const at = new ChatOffice();
		const visitor = await at.visitor();
		const conversationId = visitor.sessionId;
		const agent = await at.chatAgent("grace", conversationId);
		await agent.act("takeOver", { conversationId });
		const { seq } = (await at.office.session("shop", conversationId)) ?? {};
		await agent.act("typing", { conversationId, isTyping: true });
		await visitor.send({ event: "typing" });
		await visitor.send({ event: "stop typing" });
		await at.office.idle();
		expect(visitor.of("typing")).toHaveLength(1);
		expect(agent.of("typing")).toEqual([
			{ conversationId, senderId: expect.any(String), senderType: "customer", isTyping: true },
			{ conversationId, senderId: expect.any(String), senderType: "customer", isTyping: false },
		]);
		expect((await at.office.session("shop", conversationId))?.seq).toBe(seq);
	});

	test("receipts are told to every other reader, of three and more", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		const { conversationId = "" } = ada;
		const grace = await at.chatAgent("grace", conversationId);
		const alan = await at.chatAgent("alan", conversationId);
		await grace.act("takeOver", { conversationId });
		await ada.say("Hello");
		await grace.act("markRead", { conversationId });
		for (const client of [ada, alan]) {
			const read = client.of("read");
			expect(read).toEqual([
				{
					conversationId,
					senderId: expect.stringMatching(/^agent-/),
					senderType: "agent",
					senderName: "grace",
					seq: 2,
				},
			]);
		}
		expect(grace.of("read")).toEqual([]);
		await grace.act("markRead", { conversationId, seq: 1 });
		await ada.act("markRead", { seq: 99 });
		expect(ada.of("read")).toHaveLength(1);
		expect(grace.of("read")).toEqual([]);
	});

	test("a file is sent on with its address, to a widget within the text, to a bot in the request", async () => {
		const requests: unknown[] = [];
		const asked: AnsweringConnector = {
			...echo,
			async answer({ request }) {
				requests.push(request);
				return { messages: [] };
			},
		};
		const at = new ChatOffice({ answering: [asked] });
		const visitor = await at.visitor();
		const conversationId = visitor.sessionId;
		const agent = await at.chatAgent("grace", conversationId);
		const attachments = [{ url: "https://files.example/a.png", name: "a.png", contentType: "image/png", size: 7 }];
		await agent.act("sendMessage", { conversationId, content: "", messageType: "image", attachments });
		expect(visitor.of("new message").at(-1)?.data).toMatchObject({ rawQuery: "https://files.example/a.png" });
		const ada = await at.customer();
		await ada.say("See", { messageType: "file", attachments });
		expect(requests).toEqual([
			expect.objectContaining({ rawQuery: "See", attributes: { messageType: "file", attachments } }),
		]);
		const watcher = await at.chatAgent("alan", ada.conversationId);
		expect(watcher.of("message")).toEqual([
			expect.objectContaining({ content: "See", messageType: "file", attachments }),
		]);
	});
});

describe("an agent", () => {
	test("writes notes that no customer sees, by neither dialect, nor a bot's transcript; and doesn't join by it", async () => {
		const transcripts: unknown[] = [];
		const listening: AnsweringConnector = {
			...echo,
			async answer(turn) {
				transcripts.push(turn.transcript);
				return echo.answer(turn);
			},
		};
		const at = new ChatOffice({ answering: [listening] });
		const visitor = await at.visitor();
		await visitor.say("Hi");
		const conversationId = visitor.sessionId;
		const grace = await at.chatAgent("grace", conversationId);
		const alan = await at.chatAgent("alan", conversationId);
		await grace.act("note", { conversationId, content: "A difficult one", messageId: "n1" });
		await grace.act("note", { conversationId, content: "A difficult one", messageId: "n1" });
		expect(grace.of("ack").map(({ seq }) => seq)).toEqual([3, 3]);
		expect(alan.of("message").at(-1)).toMatchObject({ content: "A difficult one", audience: "staff" });
		await grace.act("takeOver", { conversationId });
		await grace.act("giveBack", { conversationId });
		await visitor.say("Still there?");
		expect(JSON.stringify(visitor.frames)).not.toContain("difficult");
		expect(JSON.stringify(transcripts)).toContain("echo: Hi");
		expect(JSON.stringify(transcripts)).not.toContain("difficult");
		expect((await logOf(at, conversationId)).filter(({ content }) => content.type === "joined")).toHaveLength(1);
	});

	test("is in all their conversations again when they come back", async () => {
		const at = new ChatOffice();
		const ada = await at.customer("ada@example.com");
		const bob = await at.customer("bob@example.com");
		const grace = await at.chatAgent("grace", ada.conversationId);
		await grace.act("join", { conversationId: bob.conversationId });
		await grace.drop();
		await ada.say("From Ada");
		await bob.say("From Bob");
		await grace.connect();
		expect(grace.read.sort()).toEqual(["From Ada", "From Bob"]);
	});

	test("who is at both dialects is one participant, written to in each", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		const { conversationId = "" } = ada;
		const chat = await at.chatAgent("ada", conversationId, AGENT_TOKEN);
		const widget = await at.agent(conversationId, { userId: "" });
		const third = await at.chatAgent("ada", conversationId, AGENT_TOKEN);
		await ada.say("Hello");
		expect(chat.read).toEqual(["Hello"]);
		expect(widget.read).toEqual(["Hello"]);
		expect(third.read).toEqual(["Hello"]);
		expect(widget.frames.every(({ event }) => event !== undefined)).toBe(true);
		const session = await at.office.session("shop", conversationId);
		expect(session?.participants.filter(({ role }) => role === "agent")).toHaveLength(1);
	});

	test("is told of a conversation that isn't there", async () => {
		const at = new ChatOffice();
		const grace = await at.chatAgent("grace", "nowhere");
		expect(grace.of("error")).toEqual([
			expect.objectContaining({ code: "conversation_unknown", conversationId: "nowhere" }),
		]);
	});
});

describe("closing and rating", () => {
	test("are in the log and heard by everybody, whoever did it; written to, it's open again", async () => {
		const at = new ChatOffice({ answering: [echo] });
		const ada = await at.customer();
		const { conversationId } = ada;
		await ada.say("Hi");
		const grace = await at.chatAgent("grace", conversationId);
		await ada.act("rate", { rating: 5 });
		expect(ada.of("error")[0]).toMatchObject({ code: "conversation_open" });
		await grace.act("takeOver", { conversationId });
		await grace.act("closeConversation", { conversationId });
		await ada.act("closeConversation");
		await ada.act("rate", { rating: 4, comment: "Quick" });
		await ada.act("rate", { rating: 1 });
		expect(ada.of("error")[1]).toMatchObject({ code: "conversation_rated" });
		for (const client of [ada, grace]) {
			expect(client.events.filter((event) => event !== "ready")).toEqual(
				expect.arrayContaining(["joined", "closed", "left", "rated"]),
			);
			expect(client.of("status").find(({ event }) => event === "rated")).toMatchObject({ rating: 4, comment: "Quick" });
			expect(client.events.filter((event) => event === "closed")).toHaveLength(1);
		}
		expect(ada.read).toEqual(["echo: Hi"]);
		await ada.say("One more thing");
		expect(ada.read).toEqual(["echo: Hi", "echo: One more thing"]);
		await ada.act("closeConversation");
		expect(ada.events.filter((event) => event === "closed")).toHaveLength(2);
		const types = (await logOf(at, conversationId)).map(({ content }) => content.type);
		expect(types.filter((type) => type === "failure")).toEqual([]);
		expect(types.filter((type) => type === "rated")).toHaveLength(1);
	});

	test("are nothing that a bot is asked to answer", async () => {
		let answer = () => {};
		const until = new Promise<void>((resolve) => {
			answer = resolve;
		});
		const asked: unknown[] = [];
		const slow: AnsweringConnector = {
			...echo,
			async answer(turn) {
				asked.push(turn.request.rawQuery);
				await until;
				return echo.answer(turn);
			},
		};
		const at = new ChatOffice({ answering: [slow] });
		const ada = await at.customer();
		const { conversationId } = ada;
		const send = (action: string, data: object) =>
			at.office.receive(ada.connection, JSON.stringify({ action, data: { conversationId, ...data } }));
		await send("sendMessage", { content: "One" });
		await send("closeConversation", {});
		await send("rate", { rating: 5 });
		await send("sendMessage", { content: "Two" });
		answer();
		await at.office.idle();
		expect(asked).toEqual(["One", "Two"]);
		expect(ada.read).toEqual(["echo: One", "echo: Two"]);
	});

	test("show no empty bubble at a stock widget, and no gap to a client that numbers what it has", async () => {
		const at = new ChatOffice();
		const stock = await at.visitor();
		const grace = await at.chatAgent("grace", stock.sessionId);
		const before = stock.frames.length;
		await grace.act("closeConversation", { conversationId: stock.sessionId });
		expect(stock.frames).toHaveLength(before);
		const own = await at.visitor();
		await own.say("Hi", "m1");
		await grace.act("join", { conversationId: own.sessionId });
		await grace.act("closeConversation", { conversationId: own.sessionId });
		expect(own.of("closed")).toEqual([expect.objectContaining({ seq: 2, prev: 1 })]);
	});

	test("aren't a visitor's of the other dialect, nor a note a customer's", async () => {
		const at = new ChatOffice();
		const ada = await at.customer();
		for (const action of ["note", "takeOver", "giveBack", "join", "leave"]) await ada.act(action, { content: "x" });
		expect(ada.of("error").map(({ code }) => code)).toEqual(Array(5).fill("agent_token_required"));
		const grace = await at.chatAgent("grace", ada.conversationId);
		await grace.act("rate", { conversationId: ada.conversationId, rating: 5 });
		expect(grace.of("error")).toHaveLength(1);
		expect(await logOf(at, ada.conversationId)).toEqual([]);
	});
});

test("who can't be posted to yet is greeted when they're welcomed again, and once", async () => {
	const at = new ChatOffice({ soleOwner: false });
	const connection = at.transport.open();
	const user = JSON.stringify({ email: "ada@example.com", name: "Ada" });
	const post = at.transport.post.bind(at.transport);
	// As API Gateway before `$connect` has been answered.
	at.transport.post = async () => "gone";
	await at.office.connect({ connection, query: { user }, headers: {} });
	expect(await at.office.welcome(connection, { mayResume: false })).toBe(false);
	at.transport.post = post;
	expect(await at.office.welcome(connection, { mayResume: false })).toBe(true);
	expect(await at.office.welcome(connection, { mayResume: false })).toBe(true);
	await at.office.idle();
	const greetings = at.transport.framesOf(connection).filter((frame) => Object.hasOwn(Object(frame), "customerId"));
	expect(greetings).toHaveLength(1);
	await at.office.close();
});
