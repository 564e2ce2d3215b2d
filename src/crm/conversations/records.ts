import { hash } from "node:crypto";
import { sessionKey } from "../../delivery/identity.js";
import type { Preview } from "../../protocol/conversation.js";
import { defineCollection, type Json } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import type { Customer } from "../customers/records.js";
import { tagCollection } from "../lists/TagIndex.js";
import { PRIORITIES, type Priority } from "../records/priority.js";
import { type ConversationStatus, STATUSES } from "./lifecycle.js";

/** The customer as when the conversation began: a later change of the profile doesn't rewrite old conversations. */
export interface CustomerSummary extends Pick<Customer, "id" | "email" | "name" | "phone" | "company" | "avatar"> {}

/** The agent as when the conversation was assigned. */
export interface AgentSummary {
	readonly id: string;
	readonly email: string;
	readonly name: string;
	readonly avatar?: string;
}

/** A talk with a customer. Its id is its session's: what is said is in the session's log. */
export interface ConversationFields {
	readonly id: string;
	readonly appId: string;
	/** Rises with every change of these fields; not with messages. */
	readonly rev: number;
	readonly customerId: string;
	readonly customer: CustomerSummary;
	/** The ids by which its customer was known before they were joined with another one, the first one first. */
	readonly knownAs?: readonly string[];
	readonly assignedAgentId?: string;
	readonly agent?: AgentSummary;
	/** Whose agents take care of it. Default: all. */
	readonly department?: string;
	readonly status: ConversationStatus;
	readonly priority: Priority;
	readonly subject?: string;
	/** `web`, `mobile`, `email`, or another by which customers come. */
	readonly channel: string;
	readonly tags?: readonly string[];
	readonly openedBy: { readonly type: "customer" | "agent" | "api"; readonly id: string };
	readonly createdAt: string;
	readonly updatedAt: string;
	/** While it's closed or archived. */
	readonly closedAt?: string;
	/** What the customer gave it, 1 to 5, and said about that. */
	readonly satisfaction?: number;
	readonly comment?: string;
	readonly metadata?: { readonly [field: string]: Json };
}

/** What a conversation is with what the log tells of it, some seconds late. */
export interface Conversation extends ConversationFields {
	/** When it last was spoken, by whomever the customer hears. */
	readonly lastMessageAt?: string;
	/** How the last message begins. */
	readonly preview?: Preview;
	/** What everybody may read: not notes, nor what only bots are told. */
	readonly messageCount: number;
	/** The customer's messages that no agent has seen. */
	readonly unreadCount: number;
}

/** A conversation as it's kept: with what lists find it by. Messages are counted elsewhere, so that they don't rewrite it. */
export interface ConversationRecord extends ConversationFields {
	/** `<topic>/<app>/<id>`, as its session's. */
	readonly conversation: string;
	/** By the last message, as it was at most `PLACE_MS` ago; see `placeAt`. */
	readonly place: string;
	/** The newest entry that its status takes account of: only what came later may change it. */
	readonly followedSeq?: number;
	readonly customerKey: string;
	readonly agentKey?: string;
	readonly inboxKey: string;
	/** While it's closed or archived. */
	readonly endedKey?: string;
}

/** How old a conversation's place in the lists may be, in milliseconds: each move is a write to every index. */
export const PLACE_MS = 5 * 60_000;

export const conversations = defineCollection<ConversationRecord>({
	name: "conversations",
	key: { hash: "conversation" },
	indexes: {
		byCustomer: { hash: "customerKey", range: { field: "place", type: "string" } },
		byAgent: { hash: "agentKey", range: { field: "place", type: "string" } },
		// Status and priority in one: it's an index less to write to, and few enough keys to be merged.
		inbox: { hash: "inboxKey", range: { field: "place", type: "string" } },
		// What may have been kept long enough.
		ended: { hash: "endedKey", range: { field: "closedAt", type: "string" } },
	},
});

export const conversationTags = tagCollection("conversationTags");

/** Over how many keys the conversations of one status and priority are spread: most that are written to are alike. */
const SHARDS = 4;

export function conversationKey(topic: string, app: string, id: string): string {
	return sessionKey(topic, app, id);
}

export function customerConversationsKey(topic: string, app: string, customerId: string): string {
	return keyIn(scopeOf(topic, app), customerId);
}

export function agentKeys(
	topic: string,
	app: string,
	agent: string,
	statuses: readonly ConversationStatus[] = STATUSES,
): string[] {
	const scope = scopeOf(topic, app);
	return statuses.map((status) => keyIn(scope, `${agent}/${status}`));
}

export function inboxKeys(
	topic: string,
	app: string,
	statuses: readonly ConversationStatus[] = STATUSES,
	priorities: readonly Priority[] = PRIORITIES,
): string[] {
	const scope = scopeOf(topic, app);
	return statuses.flatMap((status) =>
		priorities.flatMap((priority) =>
			Array.from({ length: SHARDS }, (_, shard) => keyIn(scope, `${status}/${priority}/${shard}`)),
		),
	);
}

export function endedKeys(topic: string, app: string): string[] {
	return Array.from({ length: SHARDS }, (_, shard) => keyIn(scopeOf(topic, app), String(shard)));
}

/** The conversation with what lists find it by. */
export function recordOf(
	topic: string,
	fields: ConversationFields,
	at: Pick<ConversationRecord, "place" | "followedSeq">,
): ConversationRecord {
	const { appId, id, customerId, assignedAgentId, status, priority, closedAt } = fields;
	const shard = (hash("sha256", id, "buffer")[0] ?? 0) % SHARDS;
	return {
		...fields,
		conversation: conversationKey(topic, appId, id),
		...at,
		customerKey: customerConversationsKey(topic, appId, customerId),
		agentKey: assignedAgentId === undefined ? undefined : agentKeys(topic, appId, assignedAgentId, [status])[0],
		inboxKey: inboxKeys(topic, appId, [status], [priority])[shard] ?? "",
		endedKey: closedAt === undefined ? undefined : endedKeys(topic, appId)[shard],
	};
}

export function fieldsOf(record: ConversationRecord): ConversationFields {
	const {
		conversation: _,
		place: __,
		followedSeq: ____,
		customerKey: _____,
		agentKey: ______,
		inboxKey: _______,
		endedKey: ________,
		...fields
	} = record;
	return fields;
}

export function summaryOf({ id, email, name, phone, company, avatar }: Customer): CustomerSummary {
	return { id, email, name, phone, company, avatar };
}
