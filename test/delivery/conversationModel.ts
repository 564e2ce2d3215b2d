import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from "node:timers/promises";
import fc from "fast-check";
import type { Answer } from "../../src/connectors/Connector.js";
import { AGENT_GRACE_MS } from "../../src/delivery/due.js";
import type { Entry } from "../../src/protocol/envelope.js";
import type { Storage } from "../../src/storage/Storage.js";
import { type Client, TestOffice } from "../support/office.js";
import { Steered, say } from "./Steered.js";

const AGENTS = 2;

/** What must be true of a conversation, told so simply that it can be read at once. */
interface Model {
	/** What people have said, in the order in which it was acknowledged, by message id. */
	said: { id: string; text: string }[];
	visitorIsConnected: boolean;
	agents: ("absent" | "watching" | "bargedIn" | "lost")[];
	/** The visitor's messages that are an answerer's to answer; the first may be under way. */
	unanswered: string[];
	/** What people have left unanswered since they took the floor. */
	left: string[];
	/** For how many steps of time nobody who holds the floor was reachable. */
	lostFor: number;
	count: number;
}

interface Call {
	readonly text: string;
	answer(answer: Answer): void;
	fail(error: Error): void;
}

/** The system under test, and what its bot is being asked. */
class Real {
	readonly bot = new Steered();
	readonly at: TestOffice;
	visitor!: Client;
	readonly agents: (Client | undefined)[] = [];
	/** Calls of the bot that haven't been answered, the newest last. */
	held: Call[] = [];
	/** Those of processes that died, too. */
	private readonly calls: Call[] = [];
	/** Calls of the storage that haven't come back. */
	private writing = 0;
	readonly sweeps: Promise<number>[] = [];
	/** The log as it was when it was last looked at. */
	seen: Entry[] = [];

	/** `numbered`: clients that say message ids and know what they have; otherwise ones like the published widget. */
	constructor(
		storage: Storage,
		readonly numbered: boolean,
	) {
		this.at = new TestOffice({ topic: `run-${randomUUID()}`, answering: [this.bot], storage: this.watched(storage) });
		this.bot.reply = (turn) =>
			new Promise((answer, fail) => {
				const call = { text: turn.request.rawQuery ?? "", answer, fail };
				this.held.push(call);
				this.calls.push(call);
			});
	}

	/** The storage, with its calls counted while they're under way. */
	private watched(storage: Storage): Storage {
		return new Proxy(storage, {
			get: (target, name) => {
				const member: unknown = Reflect.get(target, name, target);
				if (typeof member !== "function") return member;
				return (...args: unknown[]) => {
					this.writing++;
					return (member.apply(target, args) as Promise<unknown>).finally(() => this.writing--);
				};
			},
		});
	}

	async begin(): Promise<void> {
		this.visitor = await this.at.visitor();
	}

	/** Lets everything that's under way come to its end. */
	async end(): Promise<void> {
		this.bot.reply = () => say("the end");
		for (const { answer } of this.calls) answer(say("the end"));
		await Promise.all(this.sweeps);
		await this.at.office.idle();
	}

	async log(): Promise<Entry[]> {
		const all: Entry[] = [];
		for await (const page of this.at.office.history("shop", this.visitor.sessionId)) all.push(...page);
		return all;
	}

	/** Waits until nothing moves any more but calls of the bot that nobody has answered. */
	async settle(): Promise<void> {
		for (let calm = 0, before = ""; calm < 3; ) {
			await this.at.office.session("shop", this.visitor.sessionId);
			await turnOfTheLoop();
			const session = await this.at.office.session("shop", this.visitor.sessionId);
			const frames = [this.visitor, ...this.agents].map((client) => client?.frames.length);
			const now = JSON.stringify([session, this.held.length, frames]);
			calm = now === before && this.writing === 0 ? calm + 1 : 0;
			before = now;
		}
	}
}

type Step = fc.AsyncCommand<Model, Real>;

function humanHolds(model: Readonly<Model>): boolean {
	return model.agents.includes("bargedIn") || model.agents.includes("lost");
}

abstract class Checked implements Step {
	abstract check(model: Readonly<Model>): boolean;
	abstract act(model: Model, real: Real): Promise<void>;

	async run(model: Model, real: Real): Promise<void> {
		await this.act(model, real);
		await real.settle();
		await checkAll(model, real);
	}
	toString(): string {
		return `${this.constructor.name}${JSON.stringify(Object.values(this))}`;
	}
}

class VisitorSays extends Checked {
	constructor(readonly twice: boolean) {
		super();
	}
	check(model: Readonly<Model>) {
		return model.visitorIsConnected;
	}
	async act(model: Model, real: Real) {
		const id = `v${++model.count}`;
		const messageId = real.numbered ? id : undefined;
		const frame = { event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: id } };
		const again = this.twice && real.numbered;
		await Promise.all([real.visitor.send(frame), ...(again ? [real.visitor.send(frame)] : [])]);
		model.said.push({ id, text: id });
		(humanHolds(model) ? model.left : model.unanswered).push(id);
	}
}

class VisitorGoes extends Checked {
	check(model: Readonly<Model>) {
		return model.visitorIsConnected;
	}
	async act(model: Model, real: Real) {
		real.at.transport.drop(real.visitor.connection);
		await real.at.office.disconnect(real.visitor.connection);
		model.visitorIsConnected = false;
	}
}

class VisitorComes extends Checked {
	check(model: Readonly<Model>) {
		return !model.visitorIsConnected;
	}
	async act(model: Model, real: Real) {
		await reconnect(real.at, real.visitor);
		model.visitorIsConnected = true;
	}
}

class AgentJoins extends Checked {
	constructor(readonly who: number) {
		super();
	}
	check(model: Readonly<Model>) {
		return model.agents[this.who] === "absent";
	}
	async act(model: Model, real: Real) {
		const { at, visitor } = real;
		const client = await connectOnly(at, visitor.sessionId);
		real.agents[this.who] = client;
		await client.send({ event: "user joined" });
		model.agents[this.who] = "watching";
	}
}

async function connectOnly(at: TestOffice, sessionId: string): Promise<Client> {
	const client = at.agentClient(sessionId);
	client.connection = at.transport.open();
	await at.office.connect({ connection: client.connection, query: client.query, headers: {} });
	return client;
}

class AgentActs extends Checked {
	constructor(
		readonly who: number,
		readonly what: "barge in" | "barge out" | "speak",
	) {
		super();
	}
	check(model: Readonly<Model>) {
		const state = model.agents[this.who];
		return this.what === "barge in" ? state === "watching" : state === "bargedIn";
	}
	async act(model: Model, real: Real) {
		const agent = real.agents[this.who];
		if (this.what === "speak") {
			const id = `a${++model.count}`;
			const messageId = real.numbered ? id : undefined;
			await agent?.send({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: id } });
			model.said.push({ id, text: id });
			model.left = [];
			return;
		}
		const wasHuman = humanHolds(model);
		await agent?.send({ event: this.what, sender: { displayName: `Agent ${this.who}` } });
		model.agents[this.who] = this.what === "barge in" ? "bargedIn" : "watching";
		if (this.what === "barge in") {
			if (!wasHuman) model.left = model.unanswered;
			model.unanswered = [];
			model.lostFor = 0;
		} else if (!humanHolds(model)) {
			// The last one gave the floor back: from here on the bot answers, and only what's new.
			model.left = [];
		}
	}
}

class AgentIsLost extends Checked {
	constructor(readonly who: number) {
		super();
	}
	check(model: Readonly<Model>) {
		return model.agents[this.who] === "bargedIn";
	}
	async act(model: Model, real: Real) {
		const connection = real.agents[this.who]?.connection ?? "";
		real.at.transport.drop(connection);
		await real.at.office.disconnect(connection);
		model.agents[this.who] = "lost";
		model.lostFor = 0;
	}
}

class AgentReturns extends Checked {
	constructor(readonly who: number) {
		super();
	}
	check(model: Readonly<Model>) {
		return model.agents[this.who] === "lost";
	}
	async act(model: Model, real: Real) {
		const agent = real.agents[this.who];
		if (agent) await reconnect(real.at, agent);
		model.agents[this.who] = "bargedIn";
		// The grace begins anew when the last of them is lost, or leaves those who are, again.
		model.lostFor = 0;
	}
}

async function reconnect(at: TestOffice, client: Client): Promise<void> {
	client.connection = at.transport.open();
	await at.office.connect({ connection: client.connection, query: client.query, headers: {} });
	await at.office.welcome(client.connection);
}

class BotAnswers extends Checked {
	constructor(readonly fails: boolean) {
		super();
	}
	check() {
		return true;
	}
	async act(model: Model, real: Real) {
		const [call] = real.held.splice(0, 1);
		if (!call) return;
		if (this.fails) call.fail(new Error("the bot is ill"));
		else call.answer(say(`re ${call.text}`));
		// Only the newest call is a turn's that still stands: an older one's lease ran out, or the floor has moved.
		if (real.held.length === 0 && model.unanswered[0] === call.text) model.unanswered.shift();
	}
}

class ProcessDies extends Checked {
	check() {
		return true;
	}
	async act(model: Model, real: Real) {
		// What such a client confirmed is known to the storage a moment later, however slow that is.
		if (!real.numbered) {
			await sleep(60);
			await real.settle();
		}
		real.at.restart();
		real.held = [];
		model.visitorIsConnected = false;
		model.agents = model.agents.map((state) => (state === "watching" ? "absent" : state));
		// Agents come back as they were: their widget reconnects by itself.
		for (const [index, state] of model.agents.entries()) {
			const agent = real.agents[index];
			if (state !== "bargedIn" || !agent) continue;
			await reconnect(real.at, agent);
		}
		real.sweeps.push(real.at.office.recover());
	}
}

class TimePasses extends Checked {
	check() {
		return true;
	}
	async act(model: Model, real: Real) {
		real.at.clock.advance(AGENT_GRACE_MS / 2);
		real.sweeps.push(real.at.office.sweep());
		if (model.agents.includes("bargedIn") || !model.agents.includes("lost") || ++model.lostFor < 2) return;
		model.agents = model.agents.map((state) => (state === "lost" ? "absent" : state));
		[model.unanswered, model.left] = [model.left, []];
	}
}

async function checkAll(model: Model, real: Real): Promise<void> {
	const log = await real.log();
	const session = await real.at.office.session("shop", real.visitor.sessionId);
	assert.ok(session);

	// One order, no holes, and what was there stays as it was.
	assert.deepEqual(
		log.map(({ seq }) => seq),
		log.map((_, index) => index + 1),
	);
	assert.equal(session.seq, log.length);
	assert.deepEqual(log.slice(0, real.seen.length), real.seen);
	for (const [index, entry] of log.entries()) {
		assert.ok(entry.timeMs > (log[index - 1]?.timeMs ?? 0), "times rise");
		assert.equal(entry.prev.everyone, lastBefore(log, index, "everyone"));
	}
	real.seen = log;

	// Everything acknowledged is there exactly once, in the order of the acknowledgements.
	const byPeople = log.filter(({ from, content }) => from.role !== "answerer" && content.type === "message");
	assert.deepEqual(
		byPeople.map(({ content }) => (content.type === "message" ? content.text : "")),
		model.said.map(({ id }) => id),
	);

	// Nothing is answered twice, and nothing while a person holds the floor.
	const answers = log.filter(({ from, content }) => from.role === "answerer" && content.type === "message");
	const texts = answers.map(({ content }) => (content.type === "message" ? content.text : ""));
	assert.equal(new Set(texts).size, texts.length, "no message is answered twice");
	let people = 0;
	for (const { from, content } of log) {
		if (content.type === "joined" && from.role === "agent") people++;
		if (content.type === "left" && from.role === "agent") people--;
		if (from.role === "answerer") assert.equal(people, 0, "the bot speaks only while no person holds the floor");
	}

	// A turn that was taken too often is given up, and said to be.
	for (const { content } of log) {
		if (content.type !== "failure") continue;
		const failed = log[content.seq - 1]?.content;
		model.unanswered = model.unanswered.filter((text) => failed?.type !== "message" || failed.text !== text);
	}

	// The visitor always has an answerer, and what's to be answered is asked.
	const holder = session.participants.find(({ id }) => id === session.floor.holder);
	assert.equal(holder?.role, humanHolds(model) ? "agent" : "answerer");
	const asked = real.held.at(-1);
	if (model.unanswered.length > 0) assert.equal(asked?.text, model.unanswered[0], "the next message is being answered");

	// Who is connected has seen everything that's theirs, once, in order.
	checkScreen(real, real.visitor, log, "visitor", model.visitorIsConnected);
	for (const [index, state] of model.agents.entries()) {
		const agent = real.agents[index];
		if (agent && state !== "absent") checkScreen(real, agent, log, "agent", state !== "lost");
	}
}

function lastBefore(log: readonly Entry[], index: number, audience: string): number {
	return log.slice(0, index).findLast((entry) => entry.audience === audience)?.seq ?? 0;
}

function checkScreen(real: Real, client: Client, log: readonly Entry[], role: string, isWhole: boolean): void {
	const others = log.filter(({ from, audience, content }) => {
		const own = from.role === role && (role === "visitor" || from.id === client.participantId(log));
		return !own && audience === "everyone" && content.type === "message";
	});
	const came = client.history.filter((frame) => frame.event === "new message" && !frame.own).map(({ seq }) => seq);
	const shown = real.numbered ? [...new Set(came)] : came;
	const expected = others.map(({ seq }) => seq);
	if (isWhole) assert.deepEqual(shown, expected, `${role} sees everything once and in order`);
	else assert.deepEqual(shown, expected.slice(0, shown.length), `${role} saw a beginning of it`);
}

/** Does the first of several steps that can be done. */
class First implements Step {
	constructor(readonly steps: readonly Step[]) {}
	check() {
		return true;
	}
	async run(model: Model, real: Real): Promise<void> {
		await this.steps.find((step) => step.check(model))?.run(model, real);
	}
	toString(): string {
		return this.steps.at(-1)?.toString() ?? "";
	}
}

function nextOf(who: number, then: "speak" | "barge out" | "be lost"): Step {
	const last = then === "be lost" ? new AgentIsLost(who) : new AgentActs(who, then);
	return new First([new AgentJoins(who), new AgentActs(who, "barge in"), new AgentReturns(who), last]);
}

/** Generated schedules of everything that may happen to a conversation, checked after each step. */
export function conversationSchedules(storage: () => Storage, runs: number): Promise<void> {
	const visitor = fc.constantFrom<Step>(
		new VisitorSays(false),
		new VisitorSays(false),
		new VisitorSays(true),
		new VisitorGoes(),
	);
	const agent = fc.constantFrom<"speak" | "barge out" | "be lost">(
		"speak",
		"speak",
		"barge out",
		"barge out",
		"be lost",
	);
	// Each step goes on from where its actor is, so that few of them are idle and the schedules go deep.
	const steps = [
		visitor.map((step) => new First([new VisitorComes(), step])),
		visitor.map((step) => new First([new VisitorComes(), step])),
		fc.tuple(fc.nat(AGENTS - 1), agent).map(([who, then]) => nextOf(who, then)),
		fc.tuple(fc.nat(AGENTS - 1), agent).map(([who, then]) => nextOf(who, then)),
		fc.boolean().map((fails) => new BotAnswers(fails)),
		fc.constant(new BotAnswers(false)),
		fc.constantFrom<Step>(new ProcessDies(), new TimePasses(), new TimePasses(), new TimePasses()),
	];
	return fc.assert(
		fc.asyncProperty(fc.boolean(), fc.commands(steps, { maxCommands: 40, size: "max" }), async (numbered, commands) => {
			const real = new Real(storage(), numbered);
			await real.begin();
			const model: Model = {
				said: [],
				visitorIsConnected: true,
				agents: Array.from({ length: AGENTS }, () => "absent"),
				unanswered: [],
				left: [],
				lostFor: 0,
				count: 0,
			};
			await fc.asyncModelRun(() => ({ model, real }), commands);
			await real.end();
		}),
		{ numRuns: runs, endOnFailure: false },
	);
}
