import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Conversations } from "../../src/crm/conversations/Conversations.js";
import { ConversationProjection } from "../../src/crm/conversations/projection.js";
import { Customers } from "../../src/crm/customers/Customers.js";
import { Messages } from "../../src/crm/messages/Messages.js";
import { newId } from "../../src/delivery/identity.js";
import { entries } from "../../src/delivery/records.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { RouterError } from "../../src/protocol/errors.js";
import type { Storage } from "../../src/storage/Storage.js";
import { eventually } from "../support/eventually.js";
import { type Client, TestOffice } from "../support/office.js";
import { GRACE, handlingOf } from "./handlingOf.js";
import { onEachStorage } from "./storages.js";

const APP = "shop";

/** A storage whose calls `before` may refuse. */
function steered(storage: Storage, before: (method: string, collection: string) => void): Storage {
	return new Proxy(storage, {
		get(target, name) {
			const member: unknown = Reflect.get(target, name, target);
			if (typeof member !== "function") return member;
			return async (...args: unknown[]) => {
				const [first] = args as [{ name?: string }];
				before(String(name), first?.name ?? "");
				return member.apply(target, args);
			};
		},
	});
}

let running: Crm[] = [];
afterEach(async () => {
	for (const each of running) await each.at.office.close();
	running = [];
});

/** A post office of a topic of its own, with the CRM on its storage. */
class Crm {
	readonly topic: string;
	readonly at: TestOffice;
	readonly conversations: Conversations;
	readonly customers: Customers;

	constructor(readonly storage: Storage) {
		this.topic = `test-${newId()}`;
		this.at = new TestOffice({ apps_: [{ id: APP }], storage, topic: this.topic });
		const { read: clock } = this.at.clock;
		this.conversations = new Conversations({ storage, clock, topic: this.topic });
		this.customers = new Customers({ topic: this.topic, storage, clock });
		running.push(this);
	}

	plug(gatherMs = 20, storage = this.storage): ConversationProjection {
		const { topic } = this;
		const projection = new ConversationProjection({
			monitor: silent,
			storage,
			clock: this.at.clock.read,
			topic,
			gatherMs,
		});
		this.at.office.plug(projection);
		return projection;
	}

	get messages(): Messages {
		return new Messages({ storage: this.storage, office: this.at.office });
	}

	async close({ sessionId }: Client): Promise<void> {
		await handlingOf(this.at).close(await this.conversations.get(APP, sessionId), GRACE);
	}

	async archive({ sessionId }: Client): Promise<void> {
		await handlingOf(this.at).archive(await this.conversations.get(APP, sessionId), GRACE);
	}

	/** Waits until the conversation is so. */
	async becomes({ sessionId }: Client, expected: object): Promise<void> {
		await eventually(async () => {
			expect(await this.conversations.get(APP, sessionId)).toMatchObject(expected);
		});
	}

	async say(client: Client, text: string, afterMs = 1_000): Promise<void> {
		this.at.clock.advance(afterMs);
		await client.say(text);
	}
}

await onEachStorage((open) => {
	const crm = async () => new Crm(await open());

	describe("a session of the published widget", () => {
		test("becomes a conversation of an anonymous customer when something is said, and a visitor stays one customer", async () => {
			const here = await crm();
			here.plug();
			const visitor = await here.at.visitor();
			await visitor.send({ event: "new message", data: { type: "LAUNCH_REQUEST", isNewSession: true } });
			await pause(150);
			await expect(here.conversations.get(APP, visitor.sessionId)).rejects.toMatchObject({
				code: "conversation_unknown",
			});
			await here.say(visitor, "hello");
			await here.becomes(visitor, { messageCount: 1, unreadCount: 1, status: "open", priority: "low", channel: "web" });
			const { customerId, customer, openedBy } = await here.conversations.get(APP, visitor.sessionId);
			expect(customer).toEqual({ id: customerId, name: "Visitor" });
			expect(openedBy).toEqual({ type: "customer", id: customerId });
			expect(await here.customers.get(APP, customerId)).toMatchObject({ totalConversations: 1 });
			const again = await here.at.visitor(visitor.query);
			expect(again.sessionId).not.toBe(visitor.sessionId);
			await here.say(again, "me again");
			await here.becomes(again, { customerId, messageCount: 1 });
			const both = await here.conversations.list(APP, { customerId });
			expect(both.items.map(({ id }) => id)).toEqual([again.sessionId, visitor.sessionId]);
		});
	});

	describe("what is said", () => {
		test("is counted; unread is what no agent has seen; statistics say how long it took", async () => {
			const here = await crm();
			here.plug();
			const visitor = await here.at.visitor();
			await here.say(visitor, "one");
			await here.say(visitor, "two", 10_000);
			await here.becomes(visitor, { messageCount: 2, unreadCount: 2 });
			const agent = await here.at.agent(visitor.sessionId);
			await here.conversations.seen(APP, visitor.sessionId, 1);
			await here.becomes(visitor, { unreadCount: 1 });
			// Nobody has seen what isn't there yet.
			await here.conversations.seen(APP, visitor.sessionId, 1_000_000);
			await here.becomes(visitor, { unreadCount: 0 });
			await here.say(visitor, "three", 10_000);
			await here.becomes(visitor, { messageCount: 3, unreadCount: 1 });
			await here.say(agent, "here I am", 40_000);
			await here.becomes(visitor, { messageCount: 4, unreadCount: 0 });
			await here.say(visitor, "thanks");
			await here.say(agent, "any time", 20_000);
			await here.becomes(visitor, { messageCount: 6, unreadCount: 0 });
			here.at.clock.advance(5_000);
			await here.close(visitor);
			const statistics = await here.messages.statistics(APP, visitor.sessionId);
			expect(statistics).toMatchObject({
				conversationId: visitor.sessionId,
				messages: 6,
				bySender: { customer: 4, agent: 2, bot: 0 },
				attachments: 0,
				firstResponseSeconds: 60,
				firstAnswerSeconds: 60,
				responses: 2,
				averageResponseSeconds: 40,
				durationSeconds: 81,
				resolutionSeconds: 87,
			});
		});

		test("after it was closed reopens it; what was said before doesn't", async () => {
			const here = await crm();
			here.plug(500);
			const visitor = await here.at.visitor();
			await here.say(visitor, "one");
			await here.becomes(visitor, { messageCount: 1 });
			// Closed before the projection has got to it.
			await here.say(visitor, "two");
			await here.close(visitor);
			await here.becomes(visitor, { messageCount: 2, status: "closed" });
			await here.say(visitor, "one thing more");
			await here.becomes(visitor, { messageCount: 3, status: "open" });
			expect((await here.conversations.get(APP, visitor.sessionId)).closedAt).toBeUndefined();
			await here.close(visitor);
			await here.archive(visitor);
			await here.say(visitor, "and again");
			await here.becomes(visitor, { messageCount: 4, status: "open" });
		});

		test("costs at most one write in the time that it's gathered", async () => {
			const here = await crm();
			const writes: string[] = [];
			const counting = steered(here.storage, (method, collection) => {
				if (["put", "update", "transact"].includes(method) && collection.startsWith("conversation"))
					writes.push(collection);
			});
			here.plug(300, counting);
			const visitor = await here.at.visitor();
			const start = performance.now();
			for (let i = 0; i < 30; i++) {
				await here.say(visitor, `${i}`, 10);
				await pause(40);
			}
			await here.becomes(visitor, { messageCount: 30 });
			const windows = Math.ceil((performance.now() - start) / 300);
			expect(writes.length).toBeLessThanOrEqual(windows + 1);
		});
	});

	describe("nothing is lost or counted twice", () => {
		test("when the process dies between append and projection, or midway", async () => {
			const here = await crm();
			let left = Number.POSITIVE_INFINITY;
			const dying = steered(here.storage, (method, collection) => {
				if (["put", "update"].includes(method) && collection === "conversationActivity" && left-- <= 0)
					throw new RouterError("storage_unavailable");
			});
			here.plug(20, dying);
			const visitor = await here.at.visitor();
			await here.say(visitor, "one");
			await here.becomes(visitor, { messageCount: 1 });
			await here.close(visitor);
			left = 0;
			await here.say(visitor, "two");
			// The conversation is written, its counts aren't: here it dies.
			await here.becomes(visitor, { messageCount: 1, status: "open" });
			await here.say(visitor, "three");
			expect(here.at.notes.errors.map(({ event }) => event)).toContain("plugin failed");
			const { rev } = await here.conversations.get(APP, visitor.sessionId);
			const dead = here.at.office;
			here.at.restart();
			await dead.close();
			here.plug();
			await here.becomes(visitor, { messageCount: 3, unreadCount: 3, status: "open", rev });
		});

		test("when entries come again, out of order, or only in part", async () => {
			const here = await crm();
			const projection = new ConversationProjection({
				monitor: silent,
				storage: here.storage,
				clock: here.at.clock.read,
				topic: here.topic,
				gatherMs: 1,
			});
			const visitor = await here.at.visitor();
			for (let i = 0; i < 6; i++) await here.say(visitor, `${i}`);
			const key = `${here.topic}/${APP}/${visitor.sessionId}`;
			const { records: log } = await here.storage.query(entries, { hash: key });
			const never = new AbortController().signal;
			for (const given of [
				log.slice(0, 2),
				log.slice(0, 2),
				log.slice(3, 4),
				log.slice(1, 3),
				[...log.slice(4), ...log],
			]) {
				await projection.onEntries(given);
				await projection.settled(never);
			}
			await here.becomes(visitor, { messageCount: 6, unreadCount: 6 });
			await Promise.all([projection.onEntries(log), projection.settled(never)]);
			await here.becomes(visitor, { messageCount: 6, unreadCount: 6 });
		});
	});

	test.each([
		["is passed over where it would come again for ever", "unknown_app", true],
		["has the entries come again where it may pass", "storage_unavailable", false],
	] as const)("what fails for who is told of a conversation %s", async (_, code, isSettled) => {
		const here = await crm();
		const projection = new ConversationProjection({
			monitor: here.at.notes,
			storage: here.storage,
			clock: here.at.clock.read,
			topic: here.topic,
			followed: () => Promise.reject(new RouterError(code)),
		});
		const visitor = await here.at.visitor();
		await here.say(visitor, "one");
		const { records: log } = await here.storage.query(entries, {
			hash: `${here.topic}/${APP}/${visitor.sessionId}`,
		});
		await projection.onEntries(log);
		const settled = projection.settled(AbortSignal.abort());
		if (isSettled) await settled;
		else await expect(settled).rejects.toMatchObject({ code });
		expect(here.at.notes.errors.map(({ event }) => event)).toEqual(isSettled ? ["conversation not followed"] : []);
	});

	describe("messages", () => {
		test("are the log, page by page in either order; customers get no notes", async () => {
			const here = await crm();
			const visitor = await here.at.visitor();
			await here.say(visitor, "one");
			const agent = await here.at.bargedIn(visitor.sessionId);
			await here.say(agent, "two");
			await here.say(visitor, "three");
			const id = visitor.sessionId;
			const all = await here.messages.list(APP, id, "customer", { order: "asc" });
			expect(all.items.map(({ content, senderType, seq }) => [seq, senderType, content])).toEqual([
				[1, "customer", "one"],
				[2, "system", expect.stringMatching(/ joined the conversation$/)],
				[3, "agent", "two"],
				[4, "customer", "three"],
			]);
			expect(all.nextCursor).toBeUndefined();
			const found: number[] = [];
			let cursor: string | undefined;
			do {
				const page = await here.messages.list(APP, id, "staff", { limit: 1, cursor });
				found.push(...page.items.map(({ seq }) => seq));
				cursor = page.nextCursor;
			} while (cursor !== undefined);
			expect(found).toEqual([4, 3, 2, 1]);
			expect(await here.messages.get(APP, `${id}.3`, "customer")).toEqual(all.items[2]);
			for (const unknown of [`${id}.9`, `${id}.0`, id, "x.1", ""]) {
				await expect(here.messages.get(APP, unknown, "staff")).rejects.toMatchObject({ code: "message_unknown" });
			}
			await expect(here.messages.get("other", `${id}.3`, "staff")).rejects.toMatchObject({ code: "message_unknown" });
			await expect(here.messages.list(APP, "nobody", "staff")).rejects.toMatchObject({ code: "conversation_unknown" });
		});

		test("are sent, delivered, read, as the other side has them", async () => {
			const here = await crm();
			const visitor = await here.at.visitor();
			await here.say(visitor, "one");
			const statusOf = async () => (await here.messages.get(APP, `${visitor.sessionId}.1`, "customer")).status;
			expect(await statusOf()).toBe("sent");
			const agent = await here.at.bargedIn(visitor.sessionId);
			expect(await statusOf()).toBe("delivered");
			await agent.send({ event: "receipt", data: { read: 1 } });
			await here.at.office.idle();
			expect(await statusOf()).toBe("read");
		});
	});
});
