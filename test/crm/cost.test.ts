import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { Conversations } from "../../src/crm/conversations/Conversations.js";
import { conversationCollections } from "../../src/crm/conversations/collections.js";
import { ConversationProjection } from "../../src/crm/conversations/projection.js";
import { customerCollections } from "../../src/crm/customers/records.js";
import { collections } from "../../src/delivery/records.js";
import { silent } from "../../src/monitoring/Monitor.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { AnyCollection, Storage } from "../../src/storage/Storage.js";

/**
 * DynamoDB's write units of an update that changes these fields, for records under 1 KB: one for the table, one for each
 * index that the record is in, two where the index's key changes.
 */
function unitsOf(collection: AnyCollection, before: Record<string, unknown>, after: Record<string, unknown>): number {
	let units = 1;
	for (const { hash, range } of Object.values(collection.indexes ?? {})) {
		const fields = [hash, range?.field ?? hash];
		if (fields.some((field) => after[field] === undefined && before[field] === undefined)) continue;
		units += fields.some((field) => after[field] !== before[field]) ? 2 : 1;
	}
	return units;
}

/** Counts what the projection writes to a conversation that is open already. */
function counting(storage: Storage): { storage: Storage; units: () => number; largest: () => number } {
	let [units, largest] = [0, 0];
	const counted = async (collection: AnyCollection, key: readonly [string], write: () => Promise<unknown>) => {
		const before = (await storage.get(collection, key)) ?? {};
		const result = await write();
		const after = (await storage.get(collection, key)) ?? {};
		largest = Math.max(largest, Buffer.byteLength(JSON.stringify(after)));
		units += unitsOf(collection, before as Record<string, unknown>, after as Record<string, unknown>);
		return result;
	};
	const proxy = new Proxy(storage, {
		get(target, name) {
			const member: unknown = Reflect.get(target, name, target);
			if (typeof member !== "function") return member;
			return (...args: unknown[]) => {
				const [collection, second] = args as [AnyCollection, { conversation: string } & readonly [string]];
				const call = () => member.apply(target, args);
				if (name === "update") return counted(collection, second, call);
				return name === "put" ? counted(collection, [second.conversation], call) : call();
			};
		},
	});
	return { storage: proxy, units: () => units, largest: () => largest };
}

const at = Date.now();

/** A talk of this many messages, customer and bot in turn, one each so many seconds. */
function talk(messages: number, everySeconds: number): Entry[] {
	const session = `test/shop/${randomUUID()}`;
	return Array.from({ length: messages }, (_, i) => ({
		session,
		seq: i + 1,
		prev: { everyone: i, staff: i },
		messageId: `${i}`,
		timeMs: at + i * everySeconds * 1_000,
		from: i % 2 ? { id: "bot", role: "answerer" } : { id: "visitor", role: "visitor" },
		audience: "everyone",
		content: { type: "message", text: "What is said doesn't matter here." },
	}));
}

test.each([
	[20, 10],
	[40, 30],
	[300, 15],
	[50, 120],
])(
	"%i messages, one each %i s, cost at most 4 write units each, were none gathered",
	async (messages, everySeconds) => {
		const memory = new MemoryStorage({
			collections: [...collections, ...conversationCollections, ...customerCollections],
		});
		const { storage, units, largest } = counting(memory);
		const ports = { storage: memory, clock: () => at, topic: "test" };
		const log = talk(messages, everySeconds);
		const id = log[0]?.session.split("/")[2] ?? "";
		const conversations = new Conversations(ports);
		const customer = {
			email: "ada@example.com",
			name: "Ada Lovelace",
			company: "Analytical Engines",
			phone: "+44 20 7946",
		};
		await conversations.open("shop", { customer, subject: "Where is my order?", tags: ["order"] }, { id });
		const agent = { id: randomUUID(), email: "grace@example.com", name: "Grace Hopper" };
		await conversations.assign("shop", id, agent);
		const projection = new ConversationProjection({ ...ports, monitor: silent, storage, gatherMs: 0 });
		for (const entry of log) {
			await projection.onEntries([entry]);
			await projection.settled(new AbortController().signal);
		}
		expect((await conversations.get("shop", id)).messageCount).toBe(messages);
		expect(largest()).toBeLessThan(1024);
		const each = units() / messages;
		expect(each).toBeGreaterThanOrEqual(1);
		expect(each).toBeLessThanOrEqual(4);
	},
);
