import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { Conversations } from "../../src/crm/conversations/Conversations.js";
import { Handling } from "../../src/crm/conversations/Handling.js";
import { Persons } from "../../src/crm/conversations/Persons.js";
import { ConversationProjection } from "../../src/crm/conversations/projection.js";
import type { Conversation, ConversationFields } from "../../src/crm/conversations/records.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { textRequest } from "../../src/protocol/stentor.js";
import { eventually } from "../support/eventually.js";
import { TestOffice } from "../support/office.js";
import { CUSTOMER, GRACE, handlingOf } from "./handlingOf.js";
import { onEachStorage } from "./storages.js";

const APP = "shop";
const ADA = { email: "ada@example.com", name: "Ada" };

await onEachStorage((open) => {
	/** A conversation that a REST client has opened: nobody has been in its session. */
	const begin = async () => {
		const storage = await open();
		const at = new TestOffice({ storage, topic: `test-${randomUUID()}`, apps_: [{ id: APP }] });
		const { topic, clock } = at.ports;
		const conversations = new Conversations({ storage, clock, topic });
		const { conversation } = await conversations.open(APP, { customer: { ...ADA, email: `${randomUUID()}@b.co` } });
		return { at, storage, topic, clock, conversations, conversation, handling: handlingOf(at) };
	};

	const typesIn = async ({ office }: TestOffice, { id }: ConversationFields) => {
		const types: string[] = [];
		for await (const page of office.history(APP, id)) types.push(...page.map(({ content }) => content.type));
		return types;
	};

	describe("a conversation", () => {
		test("goes through its life, in its log and in its record alike", async () => {
			const { at, conversations, conversation, handling } = await begin();
			const { id } = conversation;
			const rate = (rating: number) => handling.rate(conversation, CUSTOMER, { rating, comment: "Fine" });
			await expect(rate(5)).rejects.toMatchObject({ code: "conversation_open" });
			await expect(handling.archive(conversation, GRACE)).rejects.toMatchObject({ code: "conversation_open" });
			expect(await handling.reopen(conversation, GRACE)).toMatchObject({ status: "open", rev: 1 });
			const closed = await handling.close(conversation, GRACE);
			expect(closed).toMatchObject({ status: "closed", closedAt: expect.stringMatching(/Z$/), rev: 2 });
			expect(await handling.close(conversation, GRACE)).toEqual(closed);
			const grace = { id: "agent-1", email: "grace@example.com", name: "Grace" };
			await expect(conversations.assign(APP, id, grace)).rejects.toMatchObject({ code: "conversation_closed" });
			await expect(handling.handOff(conversation, GRACE)).rejects.toMatchObject({ code: "conversation_closed" });
			await expect(rate(6)).rejects.toMatchObject({ code: "invalid_input" });
			expect(await rate(4)).toMatchObject({ satisfaction: 4, comment: "Fine", status: "closed" });
			await expect(rate(5)).rejects.toMatchObject({ code: "conversation_rated" });
			const reopened = await handling.update(conversation, GRACE, { status: "open", tags: ["back"] });
			expect(reopened).toMatchObject({ status: "open", satisfaction: 4, tags: ["back"] });
			expect(reopened.closedAt).toBeUndefined();
			await handling.close(conversation, CUSTOMER);
			expect(await handling.archive(conversation, GRACE)).toMatchObject({ status: "archived" });
			for (const call of [
				handling.reopen(conversation, GRACE),
				handling.close(conversation, GRACE),
				rate(1),
				handling.update(conversation, GRACE, { status: "open", tags: ["no"] }),
				handling.wait(conversation),
			]) {
				await expect(call).rejects.toMatchObject({ code: "conversation_archived" });
			}
			expect((await conversations.get(APP, id)).tags).toEqual(["back"]);
			expect(await typesIn(at, conversation)).toEqual(["closed", "rated", "reopened", "closed", "archived"]);
		});

		test("two ratings at once: one stands", async () => {
			const { at, conversation, handling } = await begin();
			await handling.close(conversation, GRACE);
			const other = handlingOf({ ...at, office: new PostOffice({ ...at.ports, soleOwner: false }) });
			const both = await Promise.allSettled([
				handling.rate(conversation, CUSTOMER, { rating: 1 }),
				other.rate(conversation, CUSTOMER, { rating: 2 }),
			]);
			expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
			expect(await typesIn(at, conversation)).toEqual(["closed", "rated"]);
		});

		test("waits for the customer until they write, whatever was said before and isn't followed yet", async () => {
			const { conversations, conversation, handling } = await begin();
			const says = (text: string) =>
				handling.act(conversation, CUSTOMER, { type: "message", request: textRequest(text) });
			await says("One");
			await handling.close(conversation, GRACE);
			await says("Two");
			expect(await handling.update(conversation, GRACE, { status: "pending" })).toMatchObject({ status: "pending" });
			expect(await handling.update(conversation, GRACE, { status: "open" })).toMatchObject({ status: "open" });
			await handling.wait(conversation);
			expect(await handling.handOff(conversation, GRACE)).toMatchObject({ status: "pending", messageCount: 2 });
			await says("Three");
			await handling.close(conversation, GRACE);
			await expect(handling.wait(conversation)).rejects.toMatchObject({ code: "conversation_closed" });
			expect(await conversations.get(APP, conversation.id)).toMatchObject({ status: "closed", messageCount: 3 });
		});

		test("is changed only as it was read, where that's said; then nothing of it is", async () => {
			const { conversations, conversation, handling, at } = await begin();
			const update = (rev: number) => handling.update(conversation, GRACE, { status: "closed", priority: "high" }, rev);
			await expect(update(9)).rejects.toMatchObject({ code: "record_changed" });
			expect(await conversations.get(APP, conversation.id)).toMatchObject({ status: "open", priority: "low", rev: 1 });
			expect(await typesIn(at, conversation)).toEqual([]);
			expect(await update(1)).toMatchObject({ status: "closed", priority: "high" });
		});

		test("is changed by one of two who have read the same, whatever each makes of it", async () => {
			const wishes = [
				{ status: "closed" },
				{ status: "pending" },
				{ status: "open" },
				{ status: "closed", priority: "urgent" },
				{ priority: "high" },
			] as const;
			for (const [i, one] of wishes.entries()) {
				for (const other of wishes.slice(i)) {
					const { conversations, conversation, handling } = await begin();
					const { id, rev } = conversation;
					const both = [one, other].map((wish) => handling.update(conversation, GRACE, wish, rev));
					const settled = await Promise.allSettled(both);
					const refused = settled.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
					expect({ one, other, refused }).toEqual({ one, other, refused: ["record_changed"] });
					const [won] = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
					expect(await conversations.get(APP, id)).toEqual(won);
				}
			}
		});

		test("can't be changed any more by who has read the same, while its closing is under way", async () => {
			const { at, conversations, conversation, handling } = await begin();
			const persons = new Persons({
				secret: at.ports.secret,
				office: at.office,
				agents: { get: async () => undefined },
			});
			const { office } = at;
			const rivals = [{ priority: "high" }, { status: "pending" }] as const;
			const refused: unknown[] = [];
			const slow = {
				session: office.session.bind(office),
				act: async (...act: Parameters<PostOffice["act"]>) => {
					for (const rival of rivals) {
						await handling.update(conversation, GRACE, rival, conversation.rev).catch(({ code }) => refused.push(code));
					}
					return office.act(...act);
				},
			};
			const { storage, clock, topic } = at.ports;
			const projection = new ConversationProjection({ monitor: silent, storage, clock, topic });
			const slowly = new Handling({ office: slow, conversations, projection, persons });
			const closed = await slowly.update(conversation, GRACE, { status: "closed" }, conversation.rev);
			expect(refused).toEqual(["record_changed", "record_changed"]);
			expect(closed).toMatchObject({ status: "closed", priority: "low" });
		});

		test("whose closing was in the log when the process died is closed after the next has started", async () => {
			const { at, storage, topic, clock, conversations, conversation } = await begin();
			const persons = new Persons({
				secret: at.ports.secret,
				office: at.office,
				agents: { get: async () => undefined },
			});
			const dies = { upTo: () => Promise.reject(new Error("killed")) };
			const handling = new Handling({ office: at.office, conversations, projection: dies, persons });
			const steps: [string, () => Promise<Conversation>, Partial<Conversation>][] = [
				["close", () => handling.close(conversation, GRACE), { status: "closed" }],
				["rate", () => handling.rate(conversation, CUSTOMER, { rating: 3 }), { status: "closed", satisfaction: 3 }],
				["reopen", () => handling.reopen(conversation, GRACE), { status: "open" }],
				["close again", () => handling.close(conversation, GRACE), { status: "closed" }],
				["archive", () => handling.archive(conversation, GRACE), { status: "archived" }],
			];
			for (const [step, take, expected] of steps) {
				const before = await conversations.get(APP, conversation.id);
				await expect(take()).rejects.toThrow("killed");
				expect({ step, now: await conversations.get(APP, conversation.id) }).toEqual({ step, now: before });
				const next = new PostOffice({ ...at.ports });
				next.plug(new ConversationProjection({ monitor: silent, storage, clock, topic, gatherMs: 1 }));
				await eventually(async () => {
					expect(await conversations.get(APP, conversation.id)).toMatchObject(expected);
				});
				await next.close();
			}
		});
	});
});
