import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { AnyCollection, Storage } from "../../src/storage/Storage.js";
import { ChatClient } from "../connectors/chatOffice.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { APP, CrmOffice } from "./CrmOffice.js";
import { Dying } from "./Dying.js";
import { Faulty } from "./Faulty.js";
import { COLLECTIONS } from "./marked.js";

type Open = (collections: readonly AnyCollection[], clock: () => number) => Promise<Storage>;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

const STORAGES: Record<string, Open> = {
	memory: async (collections, clock) => new MemoryStorage({ collections, clock }),
	libsql: async (collections, clock) => {
		const folder = mkdtempSync(join(tmpdir(), "stentor-joins-"));
		ends.push(() => rmSync(folder, { recursive: true, force: true }));
		const storage = await LibsqlStorage.open({ path: join(folder, "crm.db"), collections, clock });
		ends.push(() => storage.close());
		return storage;
	},
};

await onDynamodbLocal(({ client, endpoint }) => {
	beforeAll(() => createTables(client, COLLECTIONS), 240_000);
	STORAGES["DynamoDB Local"] = async (_, clock) => {
		const streams = new DynamoDBStreamsClient(localSettings(endpoint));
		const storage = new DynamoStorage({ client, streams, clock });
		ends.push(async () => {
			await storage.close();
			streams.destroy();
		});
		return storage;
	};
});

describe.each(Object.entries(STORAGES))("customers who are one person are joined, on %s", (name, openStorage) => {
	let at: CrmOffice;
	/** No other test's. */
	let tag: string;
	let deaths: Dying;
	let aheadMs = 0;

	beforeEach(async () => {
		deaths = new Dying();
		tag = `${name.slice(0, 3)}${Math.random().toString(36).slice(2)}`;
		at = await CrmOffice.open([], {
			gatherMs: 20,
			clock: () => Date.now() + aheadMs,
			openStorage: async (collections, clock) =>
				deaths.of(await openStorage(collections, clock), ["put", "update", "delete", "transact"]),
		});
		ends.push(() => at.close());
	}, 60_000);

	const address = (who: string) => `${who}-${tag}@example.com`;
	const idOf = async (client: ChatClient) =>
		(await at.crm.conversations.get(APP, client.conversationId ?? "")).customerId;

	async function two() {
		const [known, other] = [await at.customer(address("known")), await at.customer(address("other"))];
		await other.say("I'm somebody else");
		await known.say("I'm known");
		const [into, from] = [await idOf(known), await idOf(other)];
		await at.crm.customers.update(APP, from, { phone: "+44 20", tags: ["vip"] });
		return { known, other, into, from };
	}

	async function theirs(customerId: string) {
		const { items } = await at.crm.conversations.list(APP, { customerId });
		return items.map(({ id }) => id).sort();
	}

	test("conversations, counts, addresses and what isn't known go over; the other one is gone", async () => {
		const { known, other, into, from } = await two();
		const ids = [known, other].map(({ conversationId }) => conversationId ?? "").sort();
		expect(await at.crm.joins.join(APP, into, from)).toBe("done");
		expect(await theirs(into)).toEqual(ids);
		expect(await theirs(from)).toEqual([]);
		expect(await at.crm.conversations.get(APP, other.conversationId ?? "")).toMatchObject({
			customerId: into,
			customer: { id: into, email: address("known") },
			knownAs: [from],
		});
		expect(await at.crm.customers.get(APP, into)).toMatchObject({
			email: address("known"),
			phone: "+44 20",
			tags: ["vip"],
			totalConversations: 2,
		});
		await expect(at.crm.customers.get(APP, from)).rejects.toMatchObject({ code: "customer_unknown" });
		expect((await at.crm.customers.findByEmail(APP, address("other")))?.id).toBe(into);
		// Asked again, it's the same.
		expect(await at.crm.joins.join(APP, into, from)).toBe("done");
		expect((await at.crm.customers.get(APP, into)).totalConversations).toBe(2);
	}, 120_000);

	test("who was the other one goes on where they were, by their token, by their address, and as who they are now", async () => {
		const { other, into, from } = await two();
		const token = other.frames.find(({ customerId }) => customerId)?.token;
		const { conversationId = "" } = other;
		await at.crm.joins.join(APP, into, from);
		await other.say("Still here");
		const ways: Record<string, string>[] = [
			{ user: JSON.stringify({ email: address("other") }), conversationId, token: String(token) },
			{ user: JSON.stringify({ email: address("other") }), conversationId },
			{ user: JSON.stringify({ email: address("known") }), conversationId },
		];
		for (const query of ways) {
			const again = new ChatClient(at, query);
			await again.connect();
			expect(again.conversationId).toBe(conversationId);
			await again.say(`By ${Object.keys(query).length}`);
			expect(again.of("error")).toEqual([]);
			await again.drop();
		}
		expect(await at.crm.customerTokens.verify(APP, String(token))).toMatchObject({ customerId: into, conversationId });
		const conversation = await at.crm.conversations.get(APP, conversationId);
		const person = await at.crm.persons.of({ role: "customer", app: APP, customerId: into }, conversation);
		expect(await at.crm.handling.close(conversation, person)).toMatchObject({ status: "closed" });
		const session = await at.office.session(APP, conversationId);
		expect(session?.participants.filter(({ role }) => role === "visitor")).toHaveLength(1);
	}, 120_000);

	test("also where the process dies of any of its writes: asked again, or at the next upkeep", async () => {
		for (let writes = 1, isOver = false; !isOver; writes++) {
			tag = `${tag}x`;
			const { known, other, into, from } = await two();
			await at.crm.customers.update(APP, into, { status: "blocked" });
			await at.crm.idle();
			deaths.dieAfter(writes);
			await at.crm.joins.join(APP, into, from).catch((error: unknown) => {
				if (!deaths.isDead) throw error;
			});
			await at.crm.idle();
			isOver = !deaths.isDead;
			deaths.dieAfter(Number.POSITIVE_INFINITY);
			// Whoever worked on it counts as dead.
			aheadMs += 120_001;
			await at.crm.upkeep();
			expect(await at.crm.joins.join(APP, into, from)).toBe("done");
			await at.crm.idle();
			expect(await theirs(from)).toEqual([]);
			const ids = [known, other].map(({ conversationId }) => conversationId ?? "").sort();
			expect(await theirs(into)).toEqual(ids);
			expect((await at.crm.customers.get(APP, into)).totalConversations).toBe(2);
			for (const id of ids) {
				const conversation = await at.crm.conversations.get(APP, id);
				const person = await at.crm.persons.of({ role: "customer", app: APP, customerId: into }, conversation);
				const closing = at.crm.handling.close(conversation, person);
				expect({ writes, closing: await closing.catch(({ code }) => code) }).toEqual({
					writes,
					closing: "customer_blocked",
				});
			}
		}
	}, 240_000);

	test("one of two who are to become each other stays", async () => {
		const { into, from } = await two();
		const told = await Promise.allSettled([at.crm.joins.join(APP, into, from), at.crm.joins.join(APP, from, into)]);
		expect(told.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		const left = await Promise.allSettled([at.crm.customers.get(APP, into), at.crm.customers.get(APP, from)]);
		const stays = left.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
		expect(stays).toHaveLength(1);
		expect(await theirs(stays[0]?.id ?? "")).toHaveLength(2);
	}, 120_000);

	test("nobody is joined with themselves, nor with who isn't there", async () => {
		const { into } = await two();
		await expect(at.crm.joins.join(APP, into, into)).rejects.toMatchObject({ code: "invalid_input" });
		await expect(at.crm.joins.join(APP, into, "nobody")).rejects.toMatchObject({ code: "customer_unknown" });
		await expect(at.crm.joins.join(APP, "nobody", into)).rejects.toMatchObject({ code: "customer_unknown" });
	}, 120_000);
});

test("a conversation that the index doesn't show in time goes over later, and is barred: also where the process dies of it", async () => {
	const clock = { now: Date.now() };
	const memory = new Faulty({ collections: COLLECTIONS, clock: () => clock.now });
	const deaths = new Dying();
	const storage: Storage = deaths.of(memory, ["put", "update", "delete", "transact"]);
	const at = await CrmOffice.open([], { gatherMs: 20, clock: () => clock.now, openStorage: async () => storage });
	ends.push(() => at.close());
	for (let writes = 1, isOver = false; !isOver; writes++) {
		const talk = async (who: string) => {
			const { conversationId = "" } = await at.customer(`${who}-${writes}@example.com`);
			return at.crm.conversations.get(APP, conversationId);
		};
		const [{ customerId: into }, { customerId: from, id, ...other }] = [await talk("known"), await talk("other")];
		await at.crm.customers.update(APP, into, { status: "blocked" });
		await at.crm.idle();
		memory.hidden = id;
		deaths.dieAfter(writes);
		await at.crm.joins.join(APP, into, from).catch(() => undefined);
		await at.crm.idle();
		isOver = !deaths.isDead;
		deaths.dieAfter(Number.POSITIVE_INFINITY);
		memory.hidden = undefined;
		clock.now += 120_001;
		await at.crm.upkeep();
		await at.crm.idle();
		expect({ writes, now: await at.crm.conversations.get(APP, id) }).toMatchObject({
			writes,
			now: { customerId: into },
		});
		const person = { role: "visitor", ...at.crm.persons.customer({ ...other, customerId: from }) } as const;
		const closing = at.office.act(APP, person, { type: "close", sessionId: id });
		expect({ writes, done: await closing.catch(({ code }) => code) }).toEqual({ writes, done: "customer_blocked" });
	}
});
