import { agentUser, customerUser } from "../../src/connectors/chat/userIds.js";
import { conversationActivity, countAll, noActivity } from "../../src/crm/conversations/activity.js";
import {
	type ConversationFields,
	recordOf as conversationRecord,
	conversations,
	conversationTags,
	summaryOf,
} from "../../src/crm/conversations/records.js";
import {
	type Customer,
	customerIdentities,
	recordOf as customerRecord,
	customers,
	identityKey,
} from "../../src/crm/customers/records.js";
import { placeAt } from "../../src/crm/lists/Listing.js";
import { PRIORITIES } from "../../src/crm/records/priority.js";
import { alias, digest, messageIdKey, participantId, personRef, sessionKey } from "../../src/delivery/identity.js";
import { newHead } from "../../src/delivery/opening.js";
import { entries, messageIds, sessions } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { randomFrom } from "../../src/server/demo/seed/plan.js";
import { TOPIC } from "../../src/server/topic.js";
import type { BulkWriter } from "./BulkWriter.js";
import { textOf } from "./texts.js";

export const APP = "default";
/** Keys what is random in a real database, so that the measurements know it too. */
export const SECRET = "only for benchmarks: keys the aliases of visitors";

const AGENTS = 50;
const COMPANIES = 2_000;
const TAGS = ["delivery", "payment", "refund", "invoice", "advice", "business"];
const MINUTE = 60_000;
/** Every so many conversations is a long one. */
const LONG_EVERY = 100;
const LONG = 104;
const SHORT = 4;
/** One in so many isn't over. */
const GOING_ON = 50;

export function agentId(number: number): string {
	return alias(SECRET, "agent", String(number % AGENTS));
}

export function conversationId(number: number): string {
	return alias(SECRET, "conversation", String(number));
}

/** Whose the conversation is: each customer has two or three, not beside each other. */
export function customerOf(number: number, conversations: number): number {
	return number % Math.ceil(conversations / 2.5);
}

export function emailOf(customer: number): string {
	return `customer.${customer}@customers.example`;
}

function messagesOf(number: number): number {
	return number % LONG_EVERY === 0 ? LONG : SHORT;
}

/** Customer `number`, known by their address. */
export function writeCustomer(writer: BulkWriter, number: number, createdAt: number): Customer {
	const iso = new Date(createdAt).toISOString();
	const customer: Customer = {
		id: alias(SECRET, "customer", String(number)),
		appId: APP,
		rev: 1,
		email: emailOf(number),
		name: `Customer ${number}`,
		company: number % 3 === 0 ? `Company ${number % COMPANIES}` : undefined,
		status: "active",
		createdAt: iso,
		updatedAt: iso,
		lastSeenAt: iso,
		totalConversations: 2,
	};
	const identity = identityKey(TOPIC, APP, { email: emailOf(number) });
	writer.insert(customerIdentities, { identity, id: customer.id });
	writer.insert(customers, customerRecord(TOPIC, customer));
	return customer;
}

/** Conversation `number` with its session, its log, and what was counted of it; answers the log. */
export function writeConversation(writer: BulkWriter, number: number, customer: Customer, openedAt: number): Entry[] {
	const random = randomFrom(number);
	const id = conversationId(number);
	const session = sessionKey(TOPIC, APP, id);
	const agent = agentId(Math.floor(random() * AGENTS));
	const log = logOf(session, customer, agent, messagesOf(number), openedAt, random);
	const last = log.at(-1);
	const lastAt = last?.timeMs ?? openedAt;
	const isOver = number % GOING_ON !== 1;
	const status = isOver ? (random() < 0.5 ? "closed" : "archived") : random() < 0.7 ? "open" : "pending";
	const fields: ConversationFields = {
		id,
		appId: APP,
		rev: 3,
		customerId: customer.id,
		customer: summaryOf(customer),
		assignedAgentId: agent,
		agent: { id: agent, email: `${agent}@agents.example`, name: "Agent" },
		status,
		priority: PRIORITIES[Math.floor(random() * PRIORITIES.length)] ?? "low",
		subject: textOf(random).slice(0, 60),
		channel: "web",
		tags: [TAGS[Math.floor(random() * TAGS.length)] ?? "delivery"],
		openedBy: { type: "customer", id: customer.id },
		createdAt: new Date(openedAt).toISOString(),
		updatedAt: new Date(lastAt).toISOString(),
		closedAt: isOver ? new Date(lastAt).toISOString() : undefined,
		satisfaction: isOver ? 4 : undefined,
	};
	writer.insert(
		conversations,
		conversationRecord(TOPIC, fields, { place: placeAt(lastAt, id), followedSeq: log.length }),
	);
	for (const tag of fields.tags ?? []) {
		writer.insert(conversationTags, { tag: `${TOPIC}/${APP}/${tag}`, place: placeAt(openedAt, id), id, rev: 1 });
	}
	const activity = { conversation: session, rev: 1, ...noActivity() };
	countAll(activity, log);
	writer.insert(conversationActivity, activity);
	writeSession(writer, session, customer, agent, log, { openedAt, isOver });
	return log;
}

function logOf(
	session: string,
	customer: Customer,
	agent: string,
	length: number,
	openedAt: number,
	random: () => number,
): Entry[] {
	const visitorId = participantId(SECRET, session, "visitor", customerUser(SECRET, APP, customer.id));
	const staffId = participantId(SECRET, session, "agent", agentUser(agent));
	return Array.from({ length }, (_, i) => ({
		session,
		seq: i + 1,
		prev: { everyone: i, staff: i },
		messageId: alias(SECRET, session, String(i)),
		timeMs: openedAt + (i + 1) * MINUTE,
		from:
			i % 2 === 0
				? { id: visitorId, role: "visitor", name: customer.name }
				: { id: staffId, role: "agent", name: "Agent" },
		audience: "everyone",
		content: { type: "message", text: textOf(random) },
	}));
}

function writeSession(
	writer: BulkWriter,
	session: string,
	customer: Customer,
	agent: string,
	log: readonly Entry[],
	{ openedAt, isOver }: { readonly openedAt: number; readonly isOver: boolean },
): void {
	const user = customerUser(SECRET, APP, customer.id);
	const owner = participantId(SECRET, session, "visitor", user);
	const staff = participantId(SECRET, session, "agent", agentUser(agent));
	const { name, email } = customer;
	writer.insert(sessions, {
		...newHead(session, owner, { answerers: new Map(), peopleFirst: true }, openedAt),
		rev: log.length,
		seq: log.length,
		last: { everyone: log.length, staff: log.length },
		timeMs: log.at(-1)?.timeMs ?? openedAt,
		participants: {
			[owner]: { role: "visitor", connector: "chat", name, email, ref: personRef(SECRET, APP, user), endpoints: {} },
			[staff]: { role: "agent", connector: "none", name: "Agent", endpoints: {} },
		},
		...(isOver && { closed: true }),
	});
	for (const entry of log) {
		writer.insert(entries, entry);
		const { seq, messageId } = entry;
		const text = entry.content.type === "message" ? entry.content.text : "";
		const [hash, message] = messageIdKey(session, entry.from.id, messageId);
		writer.insert(messageIds, { session: hash, message, seq, digest: digest(text) });
	}
}
