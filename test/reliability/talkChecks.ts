import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_GRACE_MS } from "../../src/delivery/due.js";
import { type Entry, maySee } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import { attempt } from "./Deployment.js";
import { FloorReading } from "./FloorReading.js";
import type { Frame, Person } from "./Person.js";
import type { Talk } from "./Talk.js";

/** How long it takes at most until whoever should answer has: a lease, a look after people, their grace. */
const MINUTES = 12;
const MINUTE_MS = 60_000;
/** Longer than lost races wait before they're run again. */
const RACES_MS = 25;

/** Watches a talk: what is once in its log stays, and its floor's number never falls. */
export class Watch {
	private seen: Entry[] = [];
	private fence = 0;

	constructor(private readonly talk: Talk) {}

	/** What must be true at any moment. */
	async check(): Promise<FloorReading> {
		const { talk } = this;
		// While things happen the head may be newer than the log that was read before it.
		const head = await talk.head();
		const log = await talk.log();
		assert.deepEqual(log.slice(0, this.seen.length), this.seen, "what was in the log stays as it was");
		this.seen = log;
		const reading = new FloorReading("bot").read(log);
		for (const [index, { timeMs }] of log.entries()) assert.ok(timeMs > (log[index - 1]?.timeMs ?? 0), "times rise");
		const texts = log.flatMap(({ from, content }) => {
			return content.type === "message" && from.role !== "answerer" ? [content.text] : [];
		});
		assert.equal(new Set(texts).size, texts.length, `nothing is in the log twice: ${texts}`);
		for (const person of talk.people) checkFrames(person, log);
		for (const entry of log) this.checkAway(entry);
		if (head?.seq === log.length) {
			assert.ok(head.floor.fence >= this.fence, "the fence never falls");
			this.fence = head.floor.fence;
			const { holder = "nobody" } = head.floor;
			if (reading.people.size > 0) assert.ok(reading.people.has(holder), `a person has the floor, not ${holder}`);
			else assert.equal(holder, reading.answerer, "who has the floor");
		}
		for (const { name, complaints } of talk.bots) assert.deepEqual(complaints, [], `how ${name} was asked`);
		for (const { event, error } of talk.at.notes.errors) {
			assert.ok(error instanceof RouterError && error.code !== "internal", `${event}: ${String(error)}`);
		}
		return reading;
	}

	/** The floor isn't taken from an agent before they have been away for the time of grace. */
	private checkAway({ content, from, timeMs }: Entry): void {
		if (content.type !== "left" || content.reason !== "away") return;
		// Later ones may be of comings that failed.
		const losses = this.talk.agent(from.id)?.losses ?? [];
		assert.ok(
			losses.some((at) => timeMs - at >= AGENT_GRACE_MS),
			`${from.id} wasn't away for long`,
		);
	}

	/** The storage works again, everybody who can comes back: the visitor is answered, and every screen is whole. */
	async end(): Promise<void> {
		const { talk } = this;
		talk.at.isFaulty = false;
		for (const bot of talk.bots) bot.isPrompt = true;
		await talk.tellLate();
		const [tab] = talk.tabs;
		// Agents who were lost stay away.
		const present = () => talk.people.filter((person) => person === tab || (person.isConnected && person.hasJoined));
		await this.settle(present());
		await tab.say(talk.text(tab));
		await this.settle(present());
		await this.answered();
		// What hung so long is over: an answer that comes now isn't heard, whoever asked.
		for (const { held, invited, say } of talk.bots) {
			for (const { answer, seq } of held) answer(say(seq));
			for (const accept of invited) accept(true);
		}
		await Promise.all(talk.at.all.map(({ office }) => office.idle()));
		await this.check();
		await this.settle(present());
		for (const person of present()) await person.resume();
		await Promise.all(talk.at.all.map(({ office }) => office.idle()));
		await this.screens();
	}

	private async settle(people: readonly Person[]): Promise<void> {
		for (let tries = 0; tries < 5; tries++) {
			const settled = await Promise.all(people.map((person) => person.settle()));
			await this.talk.calm();
			if (settled.every(Boolean)) return;
		}
		const last = people.map(({ name, isConnected, hasJoined, unacknowledged, frames }) => {
			return JSON.stringify([name, isConnected, hasJoined, [...unacknowledged.keys()], frames.slice(-3)]);
		});
		assert.fail(`somebody can't come back, or isn't acknowledged: ${last.join("; ")}`);
	}

	/** Time passes until nobody waits for an answer that isn't a present agent's to give. */
	private async answered(): Promise<void> {
		const { talk } = this;
		for (let minute = 0; ; minute++) {
			await talk.calm();
			const { people, pending, answerer } = await this.check();
			if (people.size > 0 ? [...people].some((id) => talk.agent(id)?.isConnected) : pending.length === 0) return;
			const waiting = people.size > 0 ? [...people].join() : `${answerer}, for ${pending.join()}`;
			assert.ok(minute < MINUTES, `the visitor waits for ${waiting}`);
			await sleep(RACES_MS);
			talk.at.clock.advance(MINUTE_MS);
			for (const each of talk.at.all) await each.during((office) => attempt(office.sweep()));
		}
	}

	/** Everybody has seen everything. */
	private async screens(): Promise<void> {
		const { talk } = this;
		const log = await talk.log();
		for (const person of talk.people) {
			checkFrames(person, log);
			if (!person.isConnected || !person.hasJoined) continue;
			if (person.numbered) await checkNumbered(person, log);
			else if (talk.tabs[1].connection === "")
				checkPublished(person, log, talk.at.kind === "own server", talk.at.deaths > 0);
		}
	}
}

/** What came to a person, or was acknowledged, is in the log, is theirs to see, and is what it was. */
function checkFrames({ name, role, frames, numbered }: Person, log: readonly Entry[]): void {
	const times = new Map<number, Frame["timeMs"]>();
	for (const { event, seq, messageId, timeMs, data } of frames) {
		if (event === "ack") {
			const entry = log[Number(data?.seq) - 1];
			assert.equal(entry?.messageId, data?.messageId, `what ${name} was acknowledged is in the log`);
			assert.equal(entry?.timeMs, data?.timeMs);
		}
		if (seq === undefined) continue;
		const entry = log[seq - 1];
		assert.ok(entry, `${name} is pushed what's in the log`);
		assert.ok(maySee(role, entry.audience), `${name} may see ${seq}`);
		assert.equal(messageId, entry.messageId);
		const before = times.get(seq) ?? timeMs;
		if (!numbered) assert.equal(timeMs, before, `${name} drops ${seq} when it comes again, by its time`);
		times.set(seq, timeMs);
	}
}

/** The entries that have a form which a client of this role can be sent. */
function owed({ role }: Person, log: readonly Entry[]): Entry[] {
	return log.filter(({ audience, content }) => {
		return maySee(role, audience) && content.type !== "launch" && content.type !== "handOff";
	});
}

async function checkNumbered(person: Person, log: readonly Entry[]): Promise<void> {
	const resumed = person.frames.filter(({ event }) => event === "resumed").at(-1)?.data;
	assert.deepEqual(resumed, { recovered: true, seq: log.length });
	const has = new Set(person.frames.map(({ seq }) => seq));
	const missing = owed(person, log).filter(({ seq }) => !has.has(seq));
	assert.deepEqual(missing, [], `what ${person.name} was never sent`);
}

/** On API Gateway, what a process committed and had not pushed when it died is lost to the published widget. */
function checkPublished(person: Person, log: readonly Entry[], inOrder: boolean, mayLack: boolean): void {
	const has = [...new Set(person.frames.flatMap(({ seq = [] }) => seq))];
	if (inOrder)
		assert.deepEqual(
			has,
			[...has].sort((a, b) => a - b),
			`${person.name} sees it in order`,
		);
	else if (mayLack) return;
	const others = owed(person, log).filter(({ from }) => from.role !== person.role);
	const missing = others.filter(({ seq }) => !has.includes(seq));
	assert.deepEqual(missing, [], `what ${person.name} was never sent`);
}
