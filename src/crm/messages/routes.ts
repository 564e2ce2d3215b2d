import * as z from "zod/mini";
import { messageCommand } from "../../protocol/chat/messageCommand.js";
import { RouterError } from "../../protocol/errors.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import type { Actor } from "../access/Actor.js";
import { belongingOf } from "../conversations/belonging.js";
import type { Conversations } from "../conversations/Conversations.js";
import type { ActIn, Handling } from "../conversations/Handling.js";
import type { Persons } from "../conversations/Persons.js";
import type { Conversation } from "../conversations/records.js";
import type { Customers } from "../customers/Customers.js";
import { assertActive } from "../customers/Registration.js";
import { many, one } from "../http/answers.js";
import { listQuery } from "../http/listQuery.js";
import { route } from "../http/Route.js";
import { InvalidRequest } from "../http/wrongFields.js";
import type { Reader } from "./Message.js";
import type { Messages } from "./Messages.js";
import { messageSchemas, type NewMessage } from "./schema.js";
import { message, statistics } from "./shape.js";

export interface MessageServices {
	readonly messages: Messages;
	readonly conversations: Conversations;
	readonly customers: Customers;
	readonly handling: Handling;
	readonly persons: Persons;
}

const FILE_ERRORS = [
	"attachment_unknown",
	"attachment_deleted",
	"attachment_not_uploaded",
	"attachments_too_many",
	"file_mismatch",
	"file_unsafe",
] as const;

const ONLY_SERVERS = "Only a server speaks for others.";
const NO_NOTES = "Customers write no notes.";

/** The routes of messages. */
export function messageRoutes({ messages, conversations, customers, handling, persons }: MessageServices) {
	const { messageOrder, listedSender, newMessage } = messageSchemas();
	const touches = ({ record }: { record: Conversation }) => belongingOf(record);
	return [
		route({
			method: "post",
			path: "/messages",
			action: "messages.create",
			operationId: "sendMessage",
			summary: "Say something in a conversation",
			description:
				"It's heard at once by everybody who is there. A customer's opens a closed conversation again; an archived one takes none. An agent's makes the bot fall silent.",
			body: newMessage,
			answer: one(message),
			status: 201,
			location: ({ id }) => `/messages/${id}`,
			throws: [
				"conversation_unknown",
				"conversation_archived",
				"customer_blocked",
				"agent_unknown",
				"message_conflict",
				"frame_too_large",
				"session_full",
				...FILE_ERRORS,
			],
			idempotent: true,
			record: ({ app, body }) => conversations.get(app, body.conversationId),
			touches,
			async handle({ app, actor, record, body, newId }) {
				if (actor.role === "customer") assertActive(await customers.get(app, actor.customerId));
				const by = await senderOf(actor, record, body);
				const entry = await handling.act(record, by, actOf({ ...body, messageId: body.messageId ?? newId }));
				if (!entry) throw new RouterError("internal");
				return messages.get(app, `${record.id}.${entry.seq}`, readerOf(actor));
			},
		}),
		route({
			method: "get",
			path: "/messages",
			action: "messages.list",
			operationId: "listMessages",
			summary: "List the messages of a conversation",
			description:
				"The newest first, unless `order` is `asc`; of all senders, or one. A page may be shorter than its limit although more follows.",
			query: listQuery({
				conversationId: nonEmpty(200),
				order: z.optional(messageOrder),
				...listedSender,
			}),
			answer: many(message),
			throws: ["conversation_unknown"],
			record: ({ app, query }) => conversations.get(app, query.conversationId),
			touches,
			handle: ({ app, actor, query: { conversationId, ...part } }) =>
				messages.list(app, conversationId, readerOf(actor), part),
		}),
		route({
			method: "get",
			path: "/messages/:id",
			action: "messages.get",
			operationId: "getMessage",
			summary: "Get a message",
			answer: one(message),
			throws: ["message_unknown"],
			unknown: "message_unknown",
			record: ({ app, params }) => conversationOf(app, params.id),
			touches,
			handle: ({ app, actor, params }) => messages.get(app, params.id, readerOf(actor)),
		}),
		route({
			method: "get",
			path: "/messages/:conversationId/stats",
			action: "messages.stats",
			operationId: "getConversationStatistics",
			summary: "Get what was counted of a conversation",
			answer: one(statistics),
			throws: ["conversation_unknown"],
			record: ({ app, params }) => conversations.get(app, params.conversationId),
			touches,
			handle: ({ app, params }) => messages.statistics(app, params.conversationId),
		}),
	] as const;

	/** Who says it: people for themselves; a server for whom it says. */
	async function senderOf(actor: Actor, conversation: Conversation, { senderType, senderId, audience }: NewMessage) {
		if (actor.role !== "server") {
			if (senderType !== undefined || senderId !== undefined) throw new RouterError("forbidden", ONLY_SERVERS);
			if (actor.role === "customer" && audience === "staff") throw new RouterError("forbidden", NO_NOTES);
			return persons.of(actor, conversation);
		}
		if (senderType === "customer" && audience === "staff") throw wrong("audience", "customers write no notes");
		if (senderType === "customer") return { role: "visitor", ...persons.customer(conversation) } as const;
		if (senderId === undefined || senderType === undefined) return persons.of(actor, conversation);
		const agent = await persons.agent(actor.app, senderId);
		if (!agent.name) throw new RouterError("agent_unknown");
		return agent;
	}

	/** The conversation whose message has this id. */
	async function conversationOf(app: string, id: string): Promise<Conversation> {
		try {
			return await conversations.get(app, id.slice(0, Math.max(0, id.lastIndexOf("."))));
		} catch (error) {
			const isUnknown = error instanceof RouterError && error.code === "conversation_unknown";
			throw isUnknown ? new RouterError("message_unknown") : error;
		}
	}
}

function actOf(body: NewMessage & { readonly messageId: string }): ActIn {
	if (body.audience === "everyone") return messageCommand(body);
	if (body.attachments?.length || body.attachmentUrl !== undefined)
		throw wrong("attachments", "a note brings no files");
	return { type: "note", messageId: body.messageId, text: body.content };
}

function readerOf({ role }: Actor): Reader {
	return role === "customer" ? "customer" : "staff";
}

function wrong(field: string, message: string): InvalidRequest {
	return new InvalidRequest([{ in: "body", field, message }]);
}
