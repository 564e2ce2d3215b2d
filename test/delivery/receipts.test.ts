import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";

const READERS = ["visitor", "ada", "grace"] as const;
type Reader = (typeof READERS)[number];
type Cursor = { delivered?: number; read?: number };

/** How many entries before the newest; -1: one that there isn't yet. */
const back = fc.integer({ min: -1, max: 6 });
const receipt = fc.record(
	{ by: fc.constantFrom(...READERS), delivered: back, read: back },
	{ requiredKeys: ["by"] },
) as fc.Arbitrary<Cursor & { readonly by: Reader }>;
/** What is said to be read in the life of one process, and of the next. */
const lives = fc.array(fc.array(receipt, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 });

/** Who takes part, at clients that number what they have. */
async function comeIn(at: TestOffice): Promise<Readonly<Record<Reader, Client>>> {
	const visitor = await at.visitor();
	const clients = { visitor, ada: await at.bargedIn(visitor.sessionId), grace: await at.bargedIn(visitor.sessionId) };
	await resume(at, clients);
	for (const client of Object.values(clients)) for (const word of ["Hi", "there"]) await client.say(word);
	await at.office.idle();
	return clients;
}

/** Who asks for what it missed hears of receipts. */
async function resume(at: TestOffice, clients: Readonly<Record<Reader, Client>>): Promise<void> {
	for (const client of Object.values(clients)) {
		await client.join();
		await client.send({ event: "resume", data: { since: 0 } });
	}
	await at.office.idle();
}

test("a process that has just started knows how far everybody was: it tells nobody what they were told before, and loses nothing", async () => {
	await fc.assert(
		fc.asyncProperty(lives, async (schedule) => {
			const at = new TestOffice({ answering: [new Steered()] });
			const clients = await comeIn(at);
			const newest = (await at.office.session("shop", clients.visitor.sessionId))?.seq ?? 0;
			const cursors: Record<Reader, Cursor> = { visitor: {}, ada: {}, grace: {} };
			const due: Record<Reader, Cursor[]> = { visitor: [], ada: [], grace: [] };
			for (const [life, receipts] of schedule.entries()) {
				if (life > 0) {
					at.restart();
					for (const client of Object.values(clients)) await client.connect();
					await resume(at, clients);
				}
				for (const { by, ...given } of receipts) {
					const data: Cursor = {};
					const moved: Cursor = {};
					for (const field of ["delivered", "read"] as const) {
						const seq = given[field] === undefined ? undefined : Math.max(0, newest - given[field]);
						if (seq === undefined) continue;
						data[field] = seq;
						if (seq <= newest && seq > (cursors[by][field] ?? -1)) moved[field] = seq;
					}
					await clients[by].send({ event: "receipt", data });
					await at.office.idle();
					Object.assign(cursors[by], moved);
					const hearing = READERS.filter((reader) => reader !== by && Object.keys(moved).length > 0);
					for (const reader of hearing) due[reader].push(moved);
				}
			}
			for (const reader of READERS) {
				const told = clients[reader].history
					.filter(({ event }) => event === "receipt")
					.map(({ data }) => ({ ...data }));
				expect({ reader, told }).toEqual({ reader, told: due[reader] });
			}
			const kept = [...(await at.office.receipts("shop", clients.visitor.sessionId)).values()];
			for (const cursor of Object.values(cursors)) {
				if (Object.keys(cursor).length > 0) expect(kept).toContainEqual(expect.objectContaining(cursor));
			}
			expect(at.notes.errors).toEqual([]);
		}),
		{ numRuns: 30 },
	);
});
