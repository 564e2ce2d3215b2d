import assert from "node:assert/strict";
import { describe, test } from "@jest/globals";
import fc from "fast-check";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { Steered } from "../delivery/Steered.js";
import { DEPLOYMENTS, type Deployment, onDeployment, readsLog, steeredStorage } from "../delivery/steering.js";
import { type Client, TestOffice } from "../support/office.js";
import { size } from "./size.js";

const RUNS = size(200);
/** Entries are read so few at a time, that a short history has several pages. */
const PAGE = 2;
const DAY_MS = 24 * 3600_000;

/** A visitor is back after three days, again and again, while an agent goes on talking. */
interface Return {
	readonly missed: number;
	readonly live: number;
	/** How often the visitor comes back; before each but the first its connection is lost. */
	readonly times: number;
	readonly isTyping: boolean;
}

const returns = fc.record<Return>({
	missed: fc.integer({ min: 1, max: 7 }),
	live: fc.integer({ min: 0, max: 5 }),
	times: fc.integer({ min: 1, max: 3 }),
	isTyping: fc.boolean(),
});

/** Post offices whose storage and transport do one thing after the other, in an order that's chosen from outside. */
class Ordered {
	/** Without it, everything is done at once. */
	scheduler?: fc.Scheduler;
	readonly at: TestOffice;
	/** The visitor's frames come to one of them, the agent's to the other; on our own server they're the same. */
	readonly offices: readonly [PostOffice, PostOffice];
	/** How many frames found no open connection. */
	foundGone = 0;
	/** Connections whose handshake isn't done. */
	private readonly opening = new Set<string>();

	constructor(readonly deployment: Deployment) {
		const storage = steeredStorage(async (call, proceed) => {
			if (readsLog(call)) Object.assign(call.args[1] as object, { limit: PAGE });
			await this.turn(call.method);
			const result = await proceed();
			await this.turn(`${call.method} is answered`);
			return result;
		});
		const { transport, soleOwner } = onDeployment(deployment);
		transport.before = async ({ connection }) => {
			await this.turn("post");
			const isOpen = transport.isOpen(connection) && !this.opening.has(connection);
			if (!isOpen) this.foundGone++;
			return isOpen ? undefined : "gone";
		};
		this.at = new TestOffice({ answering: [new Steered()], storage, transport, soleOwner });
		this.offices = [this.at.office, soleOwner ? this.at.office : new PostOffice({ ...this.at.ports })];
	}

	async turn(what: string): Promise<void> {
		await this.scheduler?.schedule(Promise.resolve(), what);
	}

	async idle(): Promise<void> {
		for (const office of [...this.offices, ...this.offices]) await office.idle();
	}

	send(office: PostOffice, client: Client, frame: object): Promise<void> {
		return office.receive(client.connection, JSON.stringify({ sessionId: client.sessionId, ...frame }));
	}

	say(agent: Client, text: string): Promise<void> {
		return this.send(this.offices[1], agent, {
			event: "new message",
			data: { type: "INTENT_REQUEST", rawQuery: text },
		});
	}

	/** As the transports do it: there's no way to a connection before its handshake is done. */
	async connect(client: Client): Promise<void> {
		const [office] = this.offices;
		client.connection = this.at.transport.open();
		this.opening.add(client.connection);
		await office.connect({ connection: client.connection, query: client.query, headers: {} });
		this.opening.delete(client.connection);
		if (this.deployment === "own server") await office.welcome(client.connection);
	}

	async lose(client: Client): Promise<void> {
		this.at.transport.drop(client.connection);
		await this.offices[0].disconnect(client.connection);
	}
}

/** What a client that numbers has shown its person, and up to which entry it lacks nothing. */
function shownTo(client: Client): { texts: string[]; last: number } {
	const texts: string[] = [];
	let last = 0;
	for (const { event, seq = 0, prev = 0, data } of client.history) {
		if (event === "resumed") last = Math.max(last, Number(data?.seq));
		if (seq <= last || prev > last) continue;
		last = seq;
		if (event === "new message") texts.push(String(data?.rawQuery));
	}
	return { texts, last };
}

async function comesBack(
	scheduler: fc.Scheduler,
	deployment: Deployment,
	numbers: boolean,
	given: Return,
): Promise<void> {
	const post = new Ordered(deployment);
	const { at } = post;
	const visitor = await at.visitor();
	const resume = () => post.send(post.offices[0], visitor, { event: "resume", data: { since: shownTo(visitor).last } });
	if (numbers) await resume();
	const agent = await at.bargedIn(visitor.sessionId);
	await post.say(agent, "hello");
	await post.idle();
	await visitor.drop();
	const missed = Array.from({ length: given.missed }, (_, index) => `missed ${index}`);
	const live = Array.from({ length: given.live }, (_, index) => `live ${index}`);
	for (const text of missed) await post.say(agent, text);
	await post.idle();
	at.clock.advance(3 * DAY_MS);

	post.scheduler = scheduler;
	const returning = async () => {
		for (let time = 1; time <= given.times; time++) {
			await post.turn("the visitor comes");
			await post.connect(visitor);
			if (numbers) await resume();
			if (given.isTyping) await post.send(post.offices[0], visitor, { event: "typing" });
			await post.turn("the visitor goes");
			if (time < given.times) await post.lose(visitor);
		}
	};
	const talking = async () => {
		for (const text of live) {
			await post.turn("the agent speaks");
			await post.say(agent, text);
		}
	};
	await scheduler.waitFor(Promise.all([returning(), talking()]).then(() => post.idle()));
	post.scheduler = undefined;
	await post.say(agent, "the end");
	await post.idle();
	assert.deepEqual(at.notes.errors, []);

	const expected = ["hello", ...missed, ...live, "the end"];
	if (numbers) {
		// Two Lambdas may overtake each other: what comes too early shows that something is missing before it.
		if (deployment === "API Gateway") await resume().then(() => post.idle());
		assert.deepEqual(shownTo(visitor).texts, expected);
	} else if (deployment === "own server") {
		assert.deepEqual(visitor.readInAll, expected);
	} else {
		// What comes after something that found nobody is sent again, with it; the widget knows it by its time.
		const read = post.foundGone > 0 ? new Set(visitor.readInAll) : visitor.readInAll;
		assert.deepEqual([...read].sort(), expected.toSorted());
	}
}

describe("invariant 3: no hole and nothing twice between what was missed and what comes live", () => {
	for (const deployment of DEPLOYMENTS) {
		test.each([
			["the published widget", false],
			["a client that numbers what it has", true],
		])(
			`${RUNS} orders of what happens, on ${deployment}, for %s`,
			async (_, numbers) => {
				const property = fc.asyncProperty(fc.scheduler(), returns, (scheduler, given) =>
					comesBack(scheduler, deployment, numbers, given),
				);
				await fc.assert(property, { numRuns: RUNS });
			},
			300_000,
		);
	}
});
