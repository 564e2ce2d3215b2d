import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";

/** Who takes part; the other tab is the visitor's, and the watcher an agent who has not been seen by the visitor. */
const READERS = ["visitor", "other tab", "ada", "grace", "watcher"] as const;
type Reader = (typeof READERS)[number];

const by = fc.constantFrom(...READERS);
/** Back from one entry after the newest. */
const back = fc.integer({ min: -1, max: 6 });
const step = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ does: fc.constant("say" as const), by }) },
	{
		weight: 8,
		arbitrary: fc.record(
			{ does: fc.constant("receipt" as const), by, delivered: back, read: back },
			{ requiredKeys: ["does", "by"] },
		),
	},
	{ weight: 1, arbitrary: fc.record({ does: fc.constant("restart" as const), by }) },
);

type Step = { does: "say" | "receipt" | "restart"; by: Reader; delivered?: number; read?: number };
type Cursor = { delivered?: number; read?: number };

const personOf = (reader: Reader) => (reader === "other tab" ? "visitor" : reader);

/** One conversation, and what everybody in it must have been told. */
class Play {
	readonly at = new TestOffice({ answering: [new Steered()] });
	readonly cursors = new Map<string, Cursor>();
	readonly due = new Map<Reader, object[]>(READERS.map((reader) => [reader, []]));
	private readonly clients = new Map<Reader, Client>();

	async begin(): Promise<void> {
		const visitor = await this.at.visitor();
		this.clients.set("visitor", visitor);
		this.clients.set("other tab", await this.at.client(visitor.query, visitor.sessionId));
		for (const name of ["ada", "grace"] as const) this.clients.set(name, await this.at.bargedIn(visitor.sessionId));
		this.clients.set("watcher", await this.at.agent(visitor.sessionId));
		await this.resume();
	}

	clientOf(reader: Reader): Client {
		const client = this.clients.get(reader);
		if (!client) throw new Error(`Nobody is ${reader}.`);
		return client;
	}

	get sessionId(): string {
		return this.clientOf("visitor").sessionId;
	}

	async newest(): Promise<number> {
		return (await this.at.office.session("shop", this.sessionId))?.seq ?? 0;
	}

	/** Who asks for what it missed is a client that numbers, and hears of receipts. */
	private async resume(): Promise<void> {
		for (const client of this.clients.values()) {
			await client.join();
			await client.send({ event: "resume", data: { since: 0 } });
		}
		await this.at.office.idle();
	}

	async take({ does, by, ...given }: Step): Promise<void> {
		if (does === "say" && by !== "watcher") await this.clientOf(by).say("Hi");
		if (does === "restart") {
			await this.at.office.idle();
			this.at.restart();
			for (const client of this.clients.values()) await client.connect();
			await this.resume();
		}
		if (does !== "receipt") return;
		const newest = await this.newest();
		const data: Cursor = {};
		for (const field of ["delivered", "read"] as const) {
			const wanted = given[field];
			if (wanted !== undefined) data[field] = Math.max(0, newest - wanted);
		}
		await this.clientOf(by).send({ event: "receipt", data });
		await this.at.office.idle();
		this.expect(by, data, newest);
	}

	private expect(by: Reader, data: Cursor, newest: number): void {
		const person = personOf(by);
		const cursor = this.cursors.get(person) ?? {};
		this.cursors.set(person, cursor);
		const moved: Cursor = {};
		for (const field of ["delivered", "read"] as const) {
			const seq = data[field];
			if (seq === undefined || seq > newest || seq <= (cursor[field] ?? -1)) continue;
			cursor[field] = seq;
			moved[field] = seq;
		}
		if (Object.keys(moved).length === 0) return;
		for (const reader of READERS) {
			const isTheirs = personOf(reader) === person;
			const isSecret = person === "watcher" && personOf(reader) === "visitor";
			if (!isTheirs && !isSecret) this.due.get(reader)?.push(moved);
		}
	}

	/** What each was told, over all its connections. */
	heard(reader: Reader): object[] {
		return this.clientOf(reader)
			.history.filter(({ event }) => event === "receipt")
			.map(({ data }) => ({ ...data }));
	}
}

test("whoever reads what when, everybody else hears of it once, nobody is ever said to be where they were before, and each is where they said", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
			const play = new Play();
			await play.begin();
			for (const each of steps) await play.take(each);
			for (const reader of READERS) expect([reader, play.heard(reader)]).toEqual([reader, play.due.get(reader)]);
			const kept = [...(await play.at.office.receipts("shop", play.sessionId)).values()]
				.map(({ delivered, read }) => ({ delivered, read }))
				.filter(({ delivered, read }) => delivered !== undefined || read !== undefined);
			const wanted = [...play.cursors.values()].filter((cursor) => Object.keys(cursor).length > 0);
			expect(kept).toHaveLength(wanted.length);
			expect(kept).toEqual(expect.arrayContaining(wanted.map((cursor) => expect.objectContaining(cursor))));
			expect(play.at.notes.errors).toEqual([]);
		}),
		{ numRuns: 30 },
	);
});
