import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { eventually } from "../support/eventually.js";
import { TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";
import { DEPLOYMENTS, Later, onDeployment, SteeredTransport, type StorageCall, steeredStorage } from "./steering.js";

/** Longer than moves of cursors are gathered. */
const CURSORS_WRITTEN_MS = 50;

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

describe("that a connection is gone is learned late", () => {
	test("by two pushes, one of them when the client is back already: each entry comes once", async () => {
		const { transport, soleOwner } = onDeployment("API Gateway");
		at = new TestOffice({ answering: [new Steered()], transport, soleOwner });
		const otherLambda = new PostOffice({ ...at.ports });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		const dead = visitor.connection;
		const firstPush = new Later();
		let pushes = 0;
		transport.before = async ({ connection }) => {
			if (connection === dead && pushes++ === 0) await firstPush.promise;
			return undefined;
		};
		transport.drop(dead);
		await agent.utter("pushed late");
		await otherLambda.disconnect(dead);
		await agent.utter("pushed at once");
		visitor.connection = transport.open();
		await otherLambda.connect({ connection: visitor.connection, query: visitor.query, headers: {} });
		const joining = JSON.stringify({ event: "user joined", sessionId: visitor.sessionId });
		await otherLambda.receive(visitor.connection, joining);
		await otherLambda.idle();
		firstPush.keep();
		await at.office.idle();
		expect(visitor.readInAll.sort()).toEqual(["pushed at once", "pushed late"]);
	});

	test("after its close was handled: what it had confirmed stays confirmed", async () => {
		const { transport } = onDeployment("own server");
		at = new TestOffice({ answering: [new Steered()], transport });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		for (const text of ["1", "2", "3"]) await agent.say(text);
		await visitor.send({ event: "resume", data: { since: 4 } });
		await at.office.idle();
		await agent.say("4");
		const line = new Later();
		const dead = visitor.connection;
		transport.before = async ({ connection }) => {
			if (connection === dead) await line.promise;
			return undefined;
		};
		await agent.utter("5");
		transport.drop(dead);
		await at.office.disconnect(dead);
		await sleep(CURSORS_WRITTEN_MS);
		line.keep();
		await at.office.idle();
		await visitor.connect();
		await eventually(() => expect(visitor.read).toEqual(["5"]));
	});

	test("by an entry that's committed just before the close is handled: it comes once, the one before doesn't again", async () => {
		const [begun, commit] = [new Later(), new Later()];
		let isSlow = false;
		const storage = steeredStorage(async ({ method }, proceed) => {
			if (isSlow && method === "transact") {
				isSlow = false;
				begun.keep();
				await commit.promise;
			}
			return proceed();
		});
		at = new TestOffice({ answering: [new Steered()], storage });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.utter("seen");
		at.transport.drop(visitor.connection);
		isSlow = true;
		const saying = agent.utter("missed");
		await begun.promise;
		const closing = at.office.disconnect(visitor.connection);
		await sleep(1);
		commit.keep();
		await Promise.all([saying, closing]);
		await at.office.idle();
		await visitor.connect();
		expect(visitor.readInAll).toEqual(["seen", "missed"]);
	});
});

describe("connecting", () => {
	test.each(DEPLOYMENTS)("while an entry is committed: it isn't lost, and what follows comes, on %s", async (name) => {
		const isOpen = new Later();
		let isConnecting = false;
		const storage = steeredStorage(async ({ method, args }, proceed) => {
			if (isConnecting && method === "put" && args[0].name === "memberships") await isOpen.promise;
			return proceed();
		});
		const { transport, soleOwner } = onDeployment(name);
		at = new TestOffice({ answering: [new Steered()], storage, transport, soleOwner });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		isConnecting = true;
		// The transport has a connection of this id when its handshake is done.
		transport.before = async ({ connection }) => {
			return isConnecting && connection === visitor.connection ? "gone" : undefined;
		};
		const arriving = visitor.arrive();
		await sleep(20);
		await agent.say("while connecting");
		isOpen.keep();
		await arriving;
		isConnecting = false;
		await at.office.welcome(visitor.connection);
		await agent.say("after");
		expect(visitor.readInAll).toEqual(["while connecting", "after"]);
	});

	test("and going again before anything was pushed: what was missed comes the next time", async () => {
		at = new TestOffice({ answering: [new Steered()], ...onDeployment("API Gateway") });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		await agent.say("missed");
		await visitor.arrive();
		await visitor.drop();
		await visitor.connect();
		await agent.say("live");
		expect(visitor.readInAll).toEqual(["missed", "live"]);
	});
});

test("idle waits until it's noted that an answer found nobody", async () => {
	let running = 0;
	let isSlow = false;
	const storage = steeredStorage(async (_: StorageCall, proceed) => {
		running++;
		if (isSlow) await sleep(10);
		return proceed().finally(() => running--);
	});
	const transport = new SteeredTransport(false);
	transport.before = async () => {
		await sleep(5);
		return undefined;
	};
	at = new TestOffice({ answering: [new Steered()], transport, soleOwner: false, storage });
	const visitor = await at.visitor();
	isSlow = true;
	await visitor.utter("hi");
	transport.drop(visitor.connection);
	await at.office.idle();
	expect(running).toBe(0);
});
