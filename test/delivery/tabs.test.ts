import { afterEach, describe, expect, test } from "@jest/globals";
import { eventually } from "../support/eventually.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { type Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

/** A visitor at two tabs, and an agent who talks to them. */
async function twoTabs(transport = new LoopTransport()): Promise<{ one: Client; two: Client; agent: Client }> {
	at = new TestOffice({ answering: [new Steered()], transport });
	const one = await at.visitor();
	const two = await at.client(one.query, one.sessionId);
	await two.join();
	const agent = await at.agent(one.sessionId);
	await agent.send({ event: "barge in", sender: { displayName: "Grace" } });
	await at.office.idle();
	return { one, two, agent };
}

describe("two tabs of one visitor", () => {
	test("both hear the others; neither hears itself", async () => {
		const { one, two, agent } = await twoTabs();
		await one.say("from one");
		await agent.say("hello");
		expect([one.read, two.read, agent.read]).toEqual([["hello"], ["hello"], ["from one"]]);
	});

	test("a client that numbers what it has gets its own words at its other tab, marked", async () => {
		const { one, two } = await twoTabs();
		await two.send({ event: "resume", data: { since: 0 } });
		await one.say("from one", "m1");
		const own = two.of("new message").at(-1);
		expect(own).toMatchObject({ own: true, messageId: "m1", data: { rawQuery: "from one" } });
		expect(one.read).toEqual([]);
	});

	test("that both drop get each what each of them lacks", async () => {
		const { one, two, agent } = await twoTabs();
		await agent.say("1");
		await one.drop();
		await agent.say("2");
		await two.drop();
		await agent.say("3");
		await one.connect();
		await two.connect();
		expect(one.history.filter(({ event }) => event === "new message").map(({ data }) => data?.rawQuery)).toEqual([
			"1",
			"2",
			"3",
		]);
		expect(two.history.filter(({ event }) => event === "new message").map(({ data }) => data?.rawQuery)).toEqual([
			"1",
			"2",
			"3",
		]);
	});

	test("a page that was closed doesn't come back: the next one goes on from where the other tab was", async () => {
		const { one, two, agent } = await twoTabs();
		await one.drop({ clean: true });
		await agent.say("1");
		await two.drop({ clean: true });
		await agent.say("2");
		const next = await at.client(one.query, one.sessionId);
		await next.join();
		expect(next.read).toEqual(["2"]);
	});
});

describe("a line that's dead before anybody knows", () => {
	test("the client that is back already gets what the dead line swallowed", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("heard");
		at.transport.isConfirming = false;
		await agent.say("swallowed");
		at.transport.isConfirming = true;
		await visitor.connect();
		expect(visitor.read).toEqual(["swallowed"]);
	});

	test("where nothing confirms, a frame that found nobody is pushed when they're back", async () => {
		at = new TestOffice({ answering: [new Steered()], transport: new LoopTransport(false), soleOwner: false });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("heard");
		at.clock.advance(60_000);
		// No $disconnect comes: the gone connection is only found by posting to it.
		at.transport.drop(visitor.connection);
		await agent.say("missed 1");
		await agent.say("missed 2");
		await visitor.connect();
		expect(visitor.read).toEqual(["missed 1", "missed 2"]);
		await agent.say("live");
		expect(visitor.read).toEqual(["missed 1", "missed 2", "live"]);
	});

	test("a connection that can't be posted to yet gets what it missed with the next push", async () => {
		at = new TestOffice({ answering: [new Steered()], transport: new LoopTransport(false), soleOwner: false });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		await agent.say("missed");
		visitor.connection = at.transport.open();
		await at.office.connect({ connection: visitor.connection, query: visitor.query, headers: {} });
		expect(visitor.frames).toEqual([]);
		await agent.say("live");
		expect(visitor.read).toEqual(["missed", "live"]);
	});
});

describe("a connection that isn't welcomed", () => {
	test.each(["new message", "typing"])("gets what it missed with its own next frame: %s", async (event) => {
		at = new TestOffice({ answering: [new Steered()], transport: new LoopTransport(false), soleOwner: false });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await at.office.idle();
		await visitor.drop();
		await agent.say("missed");
		visitor.connection = at.transport.open();
		await at.office.connect({ connection: visitor.connection, query: visitor.query, headers: {} });
		await visitor.send({ event, data: { type: "INTENT_REQUEST", rawQuery: "I'm back" } });
		await at.office.idle();
		expect(visitor.read).toEqual(["missed"]);
	});
});

test("idle waits for a detach that an answer causes", async () => {
	const bot = new Steered();
	at = new TestOffice({ answering: [bot], transport: new LoopTransport(false), soleOwner: false });
	const visitor = await at.visitor();
	// A younger connection might only not be open yet.
	at.clock.advance(60_000);
	const reply = bot.reply;
	bot.reply = async (turn) => {
		at.transport.drop(visitor.connection);
		return reply(turn);
	};
	await visitor.say("hello");
	const session = await at.office.session("shop", visitor.sessionId);
	const endpoints = session?.participants.flatMap((each) => each.endpoints) ?? [];
	expect(endpoints.map(({ connection }) => connection)).toEqual([undefined]);
	await visitor.connect();
	expect(visitor.read).toEqual(["echo hello"]);
});

describe("resume", () => {
	test("brings what is after a number, own words included, then says that it's whole", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		await visitor.say("a", "m1");
		await visitor.say("b", "m2");
		const seqs = visitor.of("new message").map(({ seq }) => seq);
		await visitor.drop();
		await visitor.connect();
		await visitor.send({ event: "resume", data: { since: 0 } });
		await at.office.idle();
		const answers = visitor.frames.filter(({ event }) => !event.endsWith("typing"));
		expect(answers.map(({ event, seq, prev, own }) => ({ event, seq, prev, own }))).toEqual([
			{ event: "new message", seq: 1, prev: 0, own: true },
			{ event: "new message", seq: seqs[0], prev: 1 },
			{ event: "new message", seq: 3, prev: 2, own: true },
			{ event: "new message", seq: seqs[1], prev: 3 },
			{ event: "resumed" },
		]);
		expect(visitor.of("resumed")[0]?.data).toEqual({ recovered: true, seq: 4 });
	});

	test("is waited for when a client is known to ask: what it missed comes once", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.agent(visitor.sessionId);
		await visitor.send({ event: "resume", data: { since: 0 } });
		await visitor.drop();
		await agent.say("while you were away");
		await visitor.connect();
		await at.office.idle();
		expect(visitor.read).toEqual([]);
		await visitor.send({ event: "resume", data: { since: 0 } });
		await at.office.idle();
		expect(visitor.read).toEqual(["while you were away"]);
	});

	test("of a client that doesn't ask this time: it's sent what it missed all the same", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.agent(visitor.sessionId);
		await visitor.send({ event: "resume", data: { since: 0 } });
		await visitor.drop();
		await agent.say("while you were away");
		await visitor.connect();
		await eventually(() => expect(visitor.read).toEqual(["while you were away"]));
	});

	test("after a number that was never given isn't a recovery", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		await visitor.send({ event: "resume", data: { since: 7 } });
		await at.office.idle();
		expect(visitor.of("resumed")[0]?.data).toEqual({ recovered: false, seq: 0 });
	});
});

describe("receipts", () => {
	test("are passed on to clients that number, and only move forward", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.say("hi", "m1");
		await agent.send({ event: "receipt", data: { delivered: 2, read: 2 } });
		await agent.send({ event: "receipt", data: { read: 1 } });
		await agent.send({ event: "receipt", data: { read: 999 } });
		await at.office.idle();
		expect(visitor.of("receipt").map(({ data }) => data)).toEqual([{ delivered: 2, read: 2 }]);
		at.restart();
		const receipts = await at.office.receipts("shop", visitor.sessionId);
		expect([...receipts.values()]).toContainEqual(expect.objectContaining({ delivered: 2, read: 2 }));
	});
});

test("a client whose clock is wrong is told the time of its own clock, so that it sorts rightly", async () => {
	at = new TestOffice({ answering: [new Steered()] });
	const visitor = await at.visitor();
	const ahead = 300_000;
	await visitor.send({
		event: "new message",
		timeMs: at.clock.now + ahead,
		data: { type: "INTENT_REQUEST", rawQuery: "what's the time?" },
	});
	await at.office.idle();
	const [answer] = visitor.of("new message");
	expect(answer?.timeMs).toBeGreaterThan(at.clock.now + ahead);
	expect(Number.isInteger(answer?.timeMs)).toBe(false);
});
