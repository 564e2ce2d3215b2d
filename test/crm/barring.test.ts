import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { textRequest } from "../../src/protocol/stentor.js";
import type { Storage } from "../../src/storage/Storage.js";
import { APP, CrmOffice } from "./CrmOffice.js";
import { Dying } from "./Dying.js";
import { Faulty } from "./Faulty.js";
import { COLLECTIONS } from "./marked.js";

const WRITING = ["put", "update", "delete", "transact"] as const;
/** So much later the upkeep goes on with what was left. */
const LATER_MS = 60_000;

const opened: CrmOffice[] = [];
afterEach(async () => {
	for (const each of opened.splice(0)) await each.close();
});

let clock: { now: number };
let memory: Faulty;
beforeEach(() => {
	clock = { now: Date.now() };
	memory = new Faulty({ collections: COLLECTIONS, clock: () => clock.now });
});

/** A process, which reads and writes by `storage`. */
async function start(storage: Storage = memory): Promise<CrmOffice> {
	const at = await CrmOffice.open([], { gatherMs: 1, clock: () => clock.now, openStorage: async () => storage });
	opened.push(at);
	return at;
}

/** Customers' conversations, one for each address, that are followed. */
async function talks(at: CrmOffice, ...emails: string[]): Promise<string[]> {
	const ids: string[] = [];
	for (const email of emails) {
		const client = await at.customer(email);
		await client.say("Hello");
		ids.push(client.conversationId ?? "");
	}
	for (const id of ids)
		await at.eventually(async () => (await at.crm.conversations.activity(APP, id))?.counted !== undefined);
	return ids;
}

/** Of these conversations, in which their customers may write. */
async function open(at: CrmOffice, ids: readonly string[]): Promise<string[]> {
	const may: string[] = [];
	for (const sessionId of ids) {
		const conversation = await at.crm.conversations.get(APP, sessionId);
		const person = { role: "visitor", ...at.crm.persons.customer(conversation) } as const;
		try {
			await at.office.act(APP, person, { type: "message", sessionId, request: textRequest("May I?") });
			may.push(sessionId);
		} catch (error) {
			expect(error).toMatchObject({ code: "customer_blocked" });
		}
	}
	return may;
}

const customerOf = async (at: CrmOffice, id = "") => (await at.crm.conversations.get(APP, id)).customerId;

/** The next process, after its upkeep. */
async function restarted(): Promise<CrmOffice> {
	for (const each of opened.splice(0)) await each.close();
	const next = await start();
	clock.now += LATER_MS;
	await next.crm.upkeep();
	return next;
}

test.each([1, 2])(
	"who is blocked, or no longer, is so in all their sessions, whatever the process dies of: after %i writes",
	async (writes) => {
		const ids = await talks(await start(), "ada@example.com", "ada@example.com", "ada@example.com");
		for (const [status, may] of [
			["blocked", []],
			["active", ids],
		] as const) {
			const deaths = new Dying();
			const at = await start(deaths.of(memory, WRITING));
			const customerId = await customerOf(at, ids[0]);
			deaths.dieAfter(writes);
			await at.crm.customers.update(APP, customerId, { status });
			await at.crm.idle();
			deaths.dieAfter(Number.POSITIVE_INFINITY);
			expect((await open(at, ids)).length).not.toBe(may.length);
			expect(await open(await restarted(), ids)).toEqual(may);
		}
	},
);

test.each([
	["can't be written", "unbarrable"],
	["isn't among theirs in the index yet", "hidden"],
] as const)("a session that %s is barred later, the others at once", async (_, fault) => {
	const at = await start();
	const ids = await talks(at, "ada@example.com", "ada@example.com", "ada@example.com");
	memory[fault] = ids[1];
	await at.crm.customers.update(APP, await customerOf(at, ids[0]), { status: "blocked" });
	await at.crm.idle();
	expect(await open(at, ids)).toEqual([ids[1]]);
	memory[fault] = undefined;
	expect(await open(await restarted(), ids)).toEqual([]);
});

test("a session that becomes a conversation of who is blocked is barred, also where that can't be written at first", async () => {
	const at = await start();
	const user = "7f1f0f3c-6a55-4b7e-9d5c-0c2f6f0f9a10";
	const say = (sessionId: string) =>
		at.office.act(
			APP,
			{ role: "visitor", user },
			{ type: "message", sessionId, request: textRequest("Hello") },
			{ visitor: { user } },
		);
	const known = async (id: string) => (await at.crm.conversations.belonging(APP, id)) !== undefined;
	await say("first");
	await at.eventually(() => known("first"));
	memory.unbarrable = "second";
	await at.crm.customers.update(APP, await customerOf(at, "first"), { status: "blocked" });
	await at.crm.idle();
	const later = async () => {
		clock.now += LATER_MS;
		await at.crm.upkeep();
	};
	// What the blocking has left to do is done.
	await later();
	await say("second");
	await at.eventually(() => known("second"));
	await expect(say("first")).rejects.toMatchObject({ code: "customer_blocked" });
	await say("second");
	memory.unbarrable = undefined;
	await later();
	await expect(say("second")).rejects.toMatchObject({ code: "customer_blocked" });
});
