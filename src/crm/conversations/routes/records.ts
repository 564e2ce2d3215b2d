import type { Actor } from "../../access/Actor.js";
import { many, one } from "../../http/answers.js";
import { listQuery } from "../../http/listQuery.js";
import { route } from "../../http/Route.js";
import { InvalidRequest } from "../../http/wrongFields.js";
import { belongingOf } from "../belonging.js";
import { fits } from "../ConversationLists.js";
import { isEnded } from "../lifecycle.js";
import type { ConversationFields } from "../records.js";
import { conversationSchemas, type NewConversation } from "../schema.js";
import { conversation, openedConversation, shownTo } from "../shape.js";
import { type ConversationServices, ofPath } from "./services.js";

/** The routes by which conversations are opened, read, listed and changed. */
export function conversationRecordRoutes({
	conversations,
	handling,
	persons,
	assignments,
	customerTokens,
}: ConversationServices) {
	const { conversationFilter, conversationUpdate, wantedConversation } = conversationSchemas();
	const { record, touches } = ofPath(conversations);
	return [
		route({
			method: "post",
			path: "/conversations",
			action: "conversations.create",
			operationId: "openConversation",
			summary: "Open a conversation",
			description:
				"For a customer by `customerId`, or by e-mail: then they're found, or made. Customers open their own and name neither.",
			body: wantedConversation,
			answer: one(openedConversation),
			status: 201,
			location: ({ id }) => `/conversations/${id}`,
			throws: ["customer_unknown", "customer_blocked"],
			idempotent: true,
			touches: ({ app, actor, body }) => ({
				kind: "customer",
				app,
				customerId: "customerId" in body ? body.customerId : actor.role === "customer" ? ownId(actor, body) : "",
			}),
			async handle({ app, actor, body, newId: id }) {
				const opened = await conversations.open(app, wanted(actor, body), { id, openedBy: openerOf(actor) });
				const found = shownTo(actor, await conversations.get(app, id));
				const isTheirs = actor.role === "customer" || actor.role === "server";
				const token = isTheirs ? await customerTokens.issue(app, opened.customer.id, id) : undefined;
				return { ...found, token };
			},
		}),
		route({
			method: "get",
			path: "/conversations/:id",
			action: "conversations.get",
			operationId: "getConversation",
			summary: "Get a conversation",
			answer: one(conversation),
			throws: ["conversation_unknown"],
			record,
			touches,
			handle: ({ actor, record }) => shownTo(actor, record),
		}),
		route({
			method: "put",
			path: "/conversations/:id",
			action: "conversations.update",
			operationId: "updateConversation",
			summary: "Change what is named of a conversation",
			description:
				"`null` takes a field away. What waits for an agent waits for one of its `department` from then on. A `status` is brought about as `close`, `reopen` and `archive` do; `pending` waits for the customer.",
			body: conversationUpdate,
			answer: one(conversation),
			throws: ["conversation_unknown", "conversation_open", "conversation_closed", "conversation_archived"],
			conditional: true,
			record,
			touches,
			async handle({ app, actor, record, params: { id }, body, rev }) {
				const changed = await handling.update(record, await persons.of(actor, record), body, rev);
				const { department } = body;
				if (department !== undefined && !isEnded(changed.status))
					await assignments.move(app, id, { department, own: department });
				return changed;
			},
		}),
		route({
			method: "get",
			path: "/conversations",
			action: "conversations.list",
			operationId: "listConversations",
			summary: "List conversations",
			description:
				"By their last message, the newest first; by a tag alone, by when they were opened. All filters that are given must hold.",
			query: listQuery(conversationFilter.shape),
			answer: many(conversation),
			touches: { each: (item) => belongingOf(item as ConversationFields) },
			async handle({ app, actor, query: { limit, cursor, ...filter } }) {
				const listed = await list(app, actor, filter, { limit, cursor });
				return { ...listed, items: listed.items.map((item) => shownTo(actor, item)) };
			},
		}),
	] as const;

	/** Customers are shown their own, whatever they ask for. */
	async function list(
		app: string,
		actor: Actor,
		filter: Parameters<typeof conversations.list>[1],
		part: Parameters<typeof conversations.list>[2],
	) {
		if (actor.role !== "customer") return conversations.list(app, filter, part);
		const { customerId, conversationId } = actor;
		if (filter?.customerId !== undefined && filter.customerId !== customerId) return { items: [] };
		if (conversationId === undefined) return conversations.list(app, { ...filter, customerId }, part);
		const only = await conversations.get(app, conversationId);
		return { items: fits(only, filter ?? {}) ? [only] : [] };
	}
}

/** Whose conversation a customer asks for: one by e-mail is nobody's that they may open for. */
function ownId({ customerId }: { readonly customerId: string }, body: object): string {
	return "customer" in body ? "" : customerId;
}

function wanted(actor: Actor, body: object): NewConversation {
	if ("customer" in body || "customerId" in body) return body as NewConversation;
	if (actor.role === "customer") return { ...body, customerId: actor.customerId };
	throw new InvalidRequest([{ in: "body", field: "customerId", message: "or `customer` is required" }]);
}

function openerOf(actor: Actor): ConversationFields["openedBy"] {
	if (actor.role === "customer") return { type: "customer", id: actor.customerId };
	return actor.role === "server" ? { type: "api", id: actor.keyId } : { type: "agent", id: actor.agentId };
}
