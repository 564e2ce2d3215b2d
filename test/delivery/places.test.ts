import { afterEach, describe, expect, test } from "@jest/globals";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import type { Admission, ConnectRequest } from "../../src/connectors/Connector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";
import { onDeployment, steeredStorage } from "./steering.js";

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

/** The visitor had another tab, whose place is still kept. */
async function crashedTab({ query, sessionId }: Client): Promise<void> {
	const crashed = await at.client(query, sessionId);
	await crashed.join();
	await crashed.drop();
}

/**
 * What the published widget shows: it drops a message whose time it has already. Every entry must come again with the
 * time that it first came with.
 */
function shown(client: Client): unknown[] {
	const messages = client.history.filter(({ event }) => event === "new message");
	const first = new Map<unknown, (typeof messages)[number]>();
	for (const message of messages) {
		const known = first.get(message.seq) ?? message;
		first.set(message.seq, known);
		expect(message.timeMs).toBe(known.timeMs);
	}
	const times = [...first.values()].map(({ timeMs }) => timeMs ?? 0);
	expect(new Set(times).size).toBe(times.length);
	return [...first.values()].map(({ data }) => data?.rawQuery);
}

describe("a place whose client never comes back to it", () => {
	test("of a dead line that was noticed late: what comes again is known by its time", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("1");
		const dead = visitor.connection;
		at.transport.drop(dead);
		await visitor.connect();
		await at.office.disconnect(dead);
		await agent.say("2");
		await agent.say("3");
		await visitor.drop();
		await agent.say("4");
		await visitor.connect();
		expect(shown(visitor)).toEqual(["1", "2", "3", "4"]);
	});

	test("of a second tab that crashed: what comes again at each return is known by its time", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await crashedTab(visitor);
		for (let i = 1; i <= 3; i++) {
			await agent.say(`a${i}`);
			await visitor.drop();
			await agent.say(`b${i}`);
			await visitor.connect();
		}
		expect(shown(visitor)).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
	});

	test("is known by its time also when the client's frames have taken more or less long", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.client();
		await visitor.send({ event: "user joined", timeMs: at.clock.now - 40 });
		await at.office.idle();
		const agent = await at.bargedIn(visitor.sessionId);
		await crashedTab(visitor);
		await agent.say("1");
		const asking = { event: "new message", data: { type: "INTENT_REQUEST", rawQuery: "hi" } };
		await visitor.send({ ...asking, timeMs: at.clock.now - 35 });
		await agent.say("2");
		await visitor.drop();
		await visitor.connect();
		await agent.say("3");
		expect(shown(visitor)).toEqual(["1", "2", "3"]);
	});

	test("is forgotten when the others have gone and come later: nothing comes twice then", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await crashedTab(visitor);
		at.clock.advance(10 * 60_000);
		await agent.say("1");
		await visitor.drop();
		await agent.say("2");
		await visitor.connect();
		expect(visitor.readInAll).toEqual(["1", "2"]);
	});

	test("where what was accepted counts as seen, nothing comes twice", async () => {
		at = new TestOffice({ answering: [new Steered()], ...onDeployment("API Gateway") });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("1");
		at.transport.drop(visitor.connection);
		await visitor.connect();
		await agent.say("2");
		await agent.say("3");
		await visitor.drop();
		await agent.say("4");
		await visitor.connect();
		expect(visitor.readInAll).toEqual(["1", "2", "3", "4"]);
	});
});

describe("agents", () => {
	test("who only watched make room when they're gone", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		for (let i = 0; i < LIMITS.participants + 10; i++) {
			const agent = await at.agent(visitor.sessionId);
			expect(agent.of("connection update").map(({ data }) => data)).toEqual([{ sessionCreated: true }]);
			await agent.send({ event: "user left" });
			await agent.drop({ clean: true });
		}
		expect((await at.office.session("shop", visitor.sessionId))?.participants.length).toBeLessThanOrEqual(
			LIMITS.participants,
		);
	});

	test("whose client says no user id are known again by their token", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.agent(visitor.sessionId, { userId: "" });
		await agent.drop();
		await visitor.say("hi");
		await agent.connect();
		expect(agent.read).toEqual(["hi", "echo hi"]);
	});

	test("whose connection is older than its record can go to another session", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const [one, two] = [await at.visitor(), await at.visitor()];
		const agent = await at.agent(one.sessionId);
		at.clock.advance(136 * 60_000);
		await agent.send({ event: "user joined", sessionId: two.sessionId });
		await at.office.idle();
		expect(agent.of("connection update").map(({ data }) => data?.sessionCreated)).toEqual([true, true]);
		await two.say("hi");
		expect(agent.read).toEqual(["hi", "echo hi"]);
	});
});

test("what a former connection at a place could do is nothing to the one that comes back to it", async () => {
	let mayOnlyListen = true;
	class Supervised extends AdminConnector {
		override async admit(request: ConnectRequest): Promise<Admission | undefined> {
			const admission = await super.admit(request);
			return admission && { ...admission, sends: !mayOnlyListen };
		}
	}
	const admin = new Supervised({ verify: async () => ({ subject: "agent-1", role: "agent" }) });
	at = new TestOffice({ connectors: [admin, new WidgetConnector(), new Steered()] });
	const visitor = await at.visitor();
	const agent = await at.agent(visitor.sessionId);
	await agent.say("may I?");
	expect(agent.of("failure").map(({ data }) => data?.code)).toEqual(["session_forbidden"]);
	await agent.drop();
	mayOnlyListen = false;
	await agent.connect();
	await agent.say("now I may");
	expect(agent.of("failure")).toEqual([]);
	expect(visitor.read).toEqual(["now I may"]);
});

test("how far readers were isn't kept in memory when they're gone", async () => {
	let isBlind = false;
	const storage = steeredStorage(async ({ method, args }, proceed) => {
		return isBlind && method === "query" && args[0].name === "cursors" ? { records: [] } : proceed();
	});
	at = new TestOffice({ answering: [new Steered()], storage });
	const visitor = await at.visitor();
	await visitor.say("a", "m1");
	await visitor.send({ event: "receipt", data: { read: 2 } });
	isBlind = true;
	const before = await at.office.receipts("shop", visitor.sessionId);
	expect([...before.values()]).toContainEqual(expect.objectContaining({ read: 2 }));
	await visitor.drop();
	expect(await at.office.receipts("shop", visitor.sessionId)).toEqual(new Map());
	isBlind = false;
	const written = await at.office.receipts("shop", visitor.sessionId);
	expect([...written.values()]).toContainEqual(expect.objectContaining({ read: 2 }));
});

test("who is barred from one of their sessions comes back to the others; from all of them, they are refused", async () => {
	at = new TestOffice({ answering: [new Steered()] });
	const one = await at.visitor();
	const other = new Client(at, one.query, `${one.sessionId}-2`);
	await other.connect();
	await other.join();
	const agents = [await at.bargedIn(one.sessionId), await at.bargedIn(other.sessionId)];
	await one.drop();
	await other.drop();
	for (const agent of agents) await agent.say("Hello");
	await at.office.bar("shop", one.sessionId, true);
	await one.connect();
	expect(one.frames.map(({ sessionId }) => sessionId)).toContain(other.sessionId);
	expect(one.frames.map(({ sessionId }) => sessionId)).not.toContain(one.sessionId);
	expect(one.read).toEqual(["Hello"]);
	await one.say("Am I heard?");
	expect(one.of("failure").map(({ data }) => data?.code)).toEqual(["customer_blocked"]);
	await one.drop();
	await at.office.bar("shop", other.sessionId, true);
	await expect(one.connect()).rejects.toMatchObject({ code: "customer_blocked" });
	await at.office.bar("shop", one.sessionId, false);
	await one.connect();
	await one.say("And now?");
	expect(agents.map(({ read }) => read)).toEqual([["And now?"], []]);
});
