import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { entries, type Head, sessions } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { Bot } from "./Bot.js";
import { attempt, Deployment } from "./Deployment.js";
import { type Notice, Person } from "./Person.js";
import { SeededRandom } from "./SeededRandom.js";

const SESSION = "stentor-widget-session-1";
/** So many turns of the event loop without anything happening are calm. */
const QUIET_TURNS = 12;

export interface Setting {
	readonly kind: Deployment["kind"];
	/** Clients that number what they have; otherwise ones like the published widget. */
	readonly numbered: boolean;
	/** Whether the storage fails now and then. */
	readonly faulty: boolean;
	readonly seed: number;
}

/** A conversation of a visitor with two tabs, two agents, a bot, and an expert that the bot may hand over to. */
export class Talk {
	readonly at: Deployment;
	readonly bot: Bot;
	readonly expert: Bot;
	readonly tabs: readonly [Person, Person];
	readonly agents: readonly [Person, Person];
	/** Notices of lost connections that are still on their way. */
	private readonly late: (() => Promise<void>)[] = [];
	private count = 0;

	constructor({ kind, numbered, faulty, seed }: Setting) {
		const clock = () => this.at.clock.now;
		this.bot = new Bot("bot", clock);
		this.expert = new Bot("expert", clock);
		this.at = new Deployment(kind, new SeededRandom(seed), [this.bot, this.expert], faulty);
		const person = (role: Person["role"], name: string, user?: string) =>
			new Person(this.at, SESSION, role, numbered, name, user);
		const phone = person("visitor", "tab-0");
		this.tabs = [phone, person("visitor", "tab-1", phone.user)];
		this.agents = [person("agent", "agent-0"), person("agent", "agent-1")];
	}

	get people(): readonly Person[] {
		return [...this.tabs, ...this.agents];
	}

	get bots(): readonly Bot[] {
		return [this.bot, this.expert];
	}

	/** A text that nobody said before. */
	text(by: Person): string {
		return `${by.name}:${++this.count}`;
	}

	/** A person's line breaks; the server is told now, later, or (on API Gateway) never. */
	async lose(person: Person, notice: Notice): Promise<void> {
		if (!person.isConnected) return;
		const tell = person.drop();
		if (notice === "now") await tell();
		else if (notice === "late" || this.at.kind === "own server") this.late.push(tell);
	}

	async tellLate(): Promise<void> {
		await Promise.all(this.late.splice(0).map((tell) => tell()));
	}

	async die(index: number): Promise<void> {
		if (this.at.kind === "own server") {
			this.late.length = 0;
			for (const each of this.bots) each.forgetAsking();
		}
		await this.at.replace(index);
	}

	async pass(ms: number): Promise<void> {
		this.at.clock.advance(ms);
		await this.at.any.during((office) => attempt(office.sweep()));
	}

	async log(): Promise<Entry[]> {
		const { records } = await this.at.storage.query(entries, { hash: this.at.keyOf(SESSION), limit: 1_000 });
		return records;
	}

	head(): Promise<Head | undefined> {
		return this.at.storage.get(sessions, [this.at.keyOf(SESSION)]);
	}

	/** The agent who takes part under this name. */
	agent(participant: string): Person | undefined {
		return this.agents.find(({ user }) => this.at.agentId(SESSION, user) === participant);
	}

	/** Lets things happen, until nothing does but what waits for a bot or a timer. */
	async calm(): Promise<void> {
		for (let quiet = 0, before = ""; quiet < QUIET_TURNS; quiet++) {
			await turnOfTheLoop();
			const frames = this.people.map(({ frames: { length } }) => length);
			const now = JSON.stringify([
				this.at.calls,
				frames,
				this.bots.map(({ held, invited }) => [held, invited].map((list) => list.length)),
			]);
			if (now !== before) quiet = 0;
			before = now;
		}
	}
}
