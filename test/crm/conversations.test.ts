import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { Conversations } from "../../src/crm/conversations/Conversations.js";
import { after, type LifecycleEvent, STATUSES } from "../../src/crm/conversations/lifecycle.js";
import type { ConversationFilter } from "../../src/crm/conversations/schema.js";
import { Customers } from "../../src/crm/customers/Customers.js";
import { eventually } from "../support/eventually.js";
import { TestOffice } from "../support/office.js";
import { CUSTOMER, handlingOf } from "./handlingOf.js";
import { onEachStorage } from "./storages.js";

const ADA = { email: "ada@example.com", name: "Ada" };
const GRACE = { id: "agent-1", email: "grace@example.com", name: "Grace" };

test.each<[LifecycleEvent, string]>([
	["customerWrote", "open open open open"],
	["closed", "closed closed closed archived"],
	["reopened", "open open open open"],
	["archived", "archived archived archived archived"],
	["agentJoined", "open open closed archived"],
	["handedOff", "pending pending closed archived"],
	["wait", "pending pending - -"],
	["assign", "open pending - -"],
	["close", "closed closed closed -"],
	["reopen", "open open open -"],
	["archive", "- - archived archived"],
])("after %s an open, pending, closed, archived one is: %s", (event, expected) => {
	const outcomes = STATUSES.map((status) => {
		try {
			return after(status, event);
		} catch {
			return "-";
		}
	});
	expect(outcomes.join(" ")).toBe(expected);
});

await onEachStorage((open) => {
	async function given() {
		let now = Date.now();
		const clock = () => now++;
		const ports = async () => ({ storage: await open(), clock, topic: "test" });
		const [conversations, other] = [new Conversations(await ports()), new Conversations(await ports())];
		const app = randomUUID();
		const handling = handlingOf(new TestOffice({ storage: await open(), clock, topic: "test", apps_: [{ id: app }] }));
		return {
			conversations,
			other,
			handling,
			customers: new Customers({ topic: "test", storage: await open(), clock }),
			app,
		};
	}

	test("another post office's on the same storage are others", async () => {
		const { conversations, app } = await given();
		const clock = Date.now;
		const elsewhere = new Conversations({ storage: await open(), clock, topic: "other" });
		const input = { customer: ADA, tags: ["order"] };
		const one = await conversations.open(app, input, { id: "one" });
		const other = await elsewhere.open(app, input, { id: "one" });
		expect([one.isNew, other.isNew]).toEqual([true, true]);
		expect(other.customer.id).not.toBe(one.customer.id);
		for (const filter of [{}, { tag: "order" }, { customerId: other.customer.id }]) {
			const { items } = await elsewhere.list(app, filter);
			expect(items.map(({ customerId }) => customerId)).toEqual([other.customer.id]);
		}
	});

	describe("opening", () => {
		test("makes the customer with it, and holds what they are then", async () => {
			const { conversations, customers, app } = await given();
			const input = { customer: ADA, subject: "Late", tags: ["Order"], metadata: { page: "/cart" } };
			const { conversation, customer, isNew } = await conversations.open(app, input);
			expect(isNew).toBe(true);
			expect(await customers.get(app, customer.id)).toMatchObject({ ...ADA, totalConversations: 1 });
			await customers.update(app, customer.id, { name: "Countess" });
			expect(await conversations.get(app, conversation.id)).toEqual({
				id: expect.stringMatching(/^[\w-]{22}$/),
				appId: app,
				rev: 1,
				customerId: customer.id,
				customer: { id: customer.id, ...ADA },
				status: "open",
				priority: "low",
				channel: "web",
				subject: "Late",
				tags: ["Order"],
				metadata: { page: "/cart" },
				openedBy: { type: "customer", id: customer.id },
				createdAt: conversation.createdAt,
				updatedAt: conversation.createdAt,
				messageCount: 0,
				unreadCount: 0,
			});
			await expect(conversations.get("another", conversation.id)).rejects.toMatchObject({
				code: "conversation_unknown",
			});
		});

		test("two at once, and ten of one id, make one customer and as many conversations as there are ids", async () => {
			const { conversations, other, customers, app } = await given();
			const id = randomUUID();
			const first = await Promise.all([
				conversations.open(app, { customer: ADA }),
				other.open(app, { customer: { ...ADA, email: "ADA@example.com" } }),
			]);
			expect(new Set(first.map(({ customer }) => customer.id)).size).toBe(1);
			const calls = Array.from({ length: 10 }, (_, i) =>
				(i % 2 ? conversations : other).open(app, { customer: { email: "new@b.co" } }, { id }),
			);
			const opened = await Promise.all(calls);
			expect(opened.filter(({ isNew }) => isNew)).toHaveLength(1);
			expect(new Set(opened.map(({ conversation }) => conversation.customerId)).size).toBe(1);
			expect(await customers.findByEmail(app, "ada@example.com")).toMatchObject({ totalConversations: 2 });
			expect(await customers.findByEmail(app, "new@b.co")).toMatchObject({ totalConversations: 1 });
		});

		test("is refused to who is blocked, and where the id is another's; nothing is left of it", async () => {
			const { conversations, customers, app } = await given();
			const { conversation, customer } = await conversations.open(app, { customer: ADA });
			const id = conversation.id;
			await customers.create(app, { email: "eve@b.co", name: "Eve" });
			for (const email of ["eve@b.co", "new@b.co"]) {
				const theirs = conversations.open(app, { customer: { email } }, { id });
				await expect(theirs).rejects.toMatchObject({ code: expect.stringMatching(/conversation_forbidden/) });
			}
			expect(await customers.findByEmail(app, "new@b.co")).toBeUndefined();
			expect(await customers.findByEmail(app, "eve@b.co")).toMatchObject({ totalConversations: 0 });
			await customers.update(app, customer.id, { status: "blocked" });
			for (const input of [{ customer: ADA }, { customerId: customer.id }]) {
				await expect(conversations.open(app, input)).rejects.toMatchObject({ code: "customer_blocked" });
			}
			expect(await customers.get(app, customer.id)).toMatchObject({ totalConversations: 1 });
			const nobody = conversations.open(app, { customerId: "nobody" });
			await expect(nobody).rejects.toMatchObject({ code: "customer_unknown" });
		});

		test.each([
			[{}],
			[{ customer: ADA, customerId: "x" }],
			[{ customer: ADA, priority: "huge" }],
			[{ customer: ADA, channel: "Web Site" }],
			[{ customer: ADA, colour: "red" }],
		])("takes no %j", async (input) => {
			const { conversations, app } = await given();
			await expect((async () => conversations.open(app, input as never))()).rejects.toMatchObject({
				code: "invalid_input",
			});
		});
	});

	describe("a change", () => {
		test("is made by who has read the newest, and once", async () => {
			const { conversations, other, app } = await given();
			const { conversation } = await conversations.open(app, { customer: ADA, subject: "x" });
			const { id } = conversation;
			const changes = [
				conversations.update(app, id, { priority: "high" }, 1),
				other.update(app, id, { subject: null }, 1),
			];
			const both = await Promise.allSettled(changes);
			expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
			await expect(conversations.update(app, id, { tags: null }, 1)).rejects.toMatchObject({ code: "record_changed" });
			const [one] = await Promise.all([
				conversations.update(app, id, { priority: "urgent", subject: null }),
				other.assign(app, id, GRACE),
			]);
			expect(one).toMatchObject({ priority: "urgent" });
			const now = await conversations.get(app, id);
			expect(now).toMatchObject({ rev: 4, priority: "urgent", assignedAgentId: "agent-1", agent: GRACE });
			expect(now.subject).toBeUndefined();
			const none = await conversations.update(app, id, {});
			expect(none.rev).toBe(4);
		});
	});

	describe("lists", () => {
		test("by customer, agent, status, priority and tag, page by page, the newest first", async () => {
			const { conversations, handling, app } = await given();
			const all: string[] = [];
			for (let i = 0; i < 26; i++) {
				const customer = { email: `${i % 2}@b.co` };
				const priority = i % 3 ? "low" : "high";
				const { conversation } = await conversations.open(app, {
					customer,
					priority,
					tags: i % 4 ? ["a"] : ["A", "b"],
				});
				all.unshift(conversation.id);
				if (i % 5 === 0) await conversations.assign(app, conversation.id, GRACE);
				if (i % 6 === 0) await handling.close(conversation, CUSTOMER);
			}
			await conversations.open(randomUUID(), { customer: { email: "0@b.co" }, tags: ["a"] });
			const { customerId } = await conversations.get(app, all[0] ?? "");
			const ids = (keep: (i: number) => boolean) => all.filter((_, index) => keep(25 - index));
			const cases: [ConversationFilter, (i: number) => boolean][] = [
				[{}, () => true],
				[{ customerId }, (i) => i % 2 === 1],
				[{ customerId, status: "open" }, (i) => i % 2 === 1],
				[{ agentId: GRACE.id }, (i) => i % 5 === 0],
				[{ agentId: GRACE.id, status: "closed" }, (i) => i % 30 === 0],
				[{ agentId: GRACE.id, priority: "low" }, (i) => i % 5 === 0 && i % 3 > 0],
				[{ status: "open" }, (i) => i % 6 > 0],
				[{ status: "closed", priority: "high" }, (i) => i % 6 === 0],
				[{ priority: "high" }, (i) => i % 3 === 0],
				[{ tag: "B" }, (i) => i % 4 === 0],
				[{ tag: "b", status: "open" }, (i) => i % 4 === 0 && i % 6 > 0],
				[{ agentId: "nobody" }, () => false],
			];
			for (const [filter, keep] of cases) {
				await eventually(async () => {
					const found = { filter, ids: await idsOf(conversations, app, filter, 4) };
					expect(found).toEqual({ filter, ids: ids(keep) });
				});
			}
			await expect(conversations.list(app, { status: "x" } as never)).rejects.toMatchObject({ code: "invalid_input" });
			await expect(conversations.list(app, {}, { cursor: "x" })).rejects.toMatchObject({ code: "invalid_query" });
		});
	});
});

async function idsOf(
	conversations: Conversations,
	app: string,
	filter: ConversationFilter,
	limit: number,
): Promise<string[]> {
	const ids: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await conversations.list(app, filter, { limit, cursor });
		expect(page.items.length).toBeLessThanOrEqual(limit);
		ids.push(...page.items.map(({ id }) => id));
		cursor = page.nextCursor;
	} while (cursor !== undefined);
	return ids;
}
