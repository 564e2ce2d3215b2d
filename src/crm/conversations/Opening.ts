import { newId, partsOf } from "../../delivery/identity.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Storage, Write } from "../../storage/Storage.js";
import { scopeOf } from "../agents/records.js";
import { assertActive, type Person, type Registered, Registration } from "../customers/Registration.js";
import { type Customer, customerKey, customerOf, customers } from "../customers/records.js";
import { placeAt } from "../lists/Listing.js";
import { TagIndex } from "../lists/TagIndex.js";
import { decided } from "../records/decided.js";
import type { ConversationPorts } from "./ConversationStore.js";
import {
	type ConversationFields,
	type ConversationRecord,
	conversations,
	conversationTags,
	fieldsOf,
	recordOf,
	summaryOf,
} from "./records.js";

/** What a new conversation is about. */
export interface Subject
	extends Pick<ConversationFields, "priority" | "channel" | "subject" | "tags" | "metadata">,
		Partial<Pick<ConversationFields, "openedBy">> {
	/** The session's, where there's one already; default: a new id. */
	readonly id?: string;
	/** Epoch milliseconds. Default: now. */
	readonly openedAt?: number;
	/** Epoch milliseconds. Default: when it was opened. */
	readonly lastMessageAt?: number;
	/** It has been begun: a customer who is blocked can't be refused any more. */
	readonly hasBegun?: true;
}

export interface Opened {
	readonly conversation: ConversationFields;
	readonly customer: Customer;
	/** It wasn't there before. */
	readonly isNew: boolean;
}

export interface OpeningPorts extends ConversationPorts {
	/** Is written with what has begun of a customer who is blocked. Default: nothing. */
	readonly due?: (app: string, customerId: string) => Write;
}

/** Opens conversations: customer, their identity and the conversation come to be in one transaction. */
export class Opening {
	readonly tags: TagIndex;
	private readonly storage: Storage;
	private readonly clock: () => number;
	private readonly registration: Registration;
	private readonly topic: string;
	private readonly onChange: ConversationPorts["onChange"];
	private readonly due: OpeningPorts["due"];

	constructor({ topic, storage, clock, onChange, due }: OpeningPorts) {
		this.topic = topic;
		this.onChange = onChange;
		this.due = due;
		this.storage = storage;
		this.clock = clock;
		this.tags = new TagIndex(storage, conversationTags);
		this.registration = new Registration({ topic, storage, clock });
	}

	/**
	 * Opens a conversation, or answers the one of this id if it's this customer's. Throws `customer_blocked`,
	 * `customer_unknown`, `conversation_forbidden` (it's somebody else's).
	 */
	open(app: string, who: Person | { readonly customerId: string }, subject: Subject): Promise<Opened> {
		const id = subject.id ?? newId();
		return decided(async () => {
			const now = this.clock();
			const registered = await this.registered(app, who, now);
			if (!subject.hasBegun) assertActive(registered.customer);
			const record = newRecord(this.topic, registered.customer, subject, id, now);
			await this.tags.enter(taggingOf(record));
			const writes: Write[] = [
				...(registered.isNew ? registered.writes : [visit(this.topic, registered.customer, now)]),
				...(this.due && registered.customer.status === "blocked" ? [this.due(app, registered.customer.id)] : []),
				{ put: conversations, record, if: "absent" },
			];
			try {
				await this.storage.transact(writes);
			} catch (error) {
				if (!(error instanceof ConditionFailed) || !error.failed.has(writes.length - 1)) throw error;
				// Somebody has registered this very customer meanwhile: it may be their conversation.
				if (!("customerId" in who) && registered.isNew && (await this.registration.find(app, who))) throw error;
				return this.existing(record, registered);
			}
			this.onChange?.({ app, id });
			return { conversation: fieldsOf(record), customer: registered.customer, isNew: true };
		});
	}

	private async existing({ conversation, customerId }: ConversationRecord, { customer }: Registered): Promise<Opened> {
		const found = await this.storage.get(conversations, [conversation]);
		if (found?.customerId !== customerId) throw new RouterError("conversation_forbidden");
		return { conversation: fieldsOf(found), customer, isNew: false };
	}

	private async registered(
		app: string,
		who: Person | { readonly customerId: string },
		now: number,
	): Promise<Registered> {
		const first = { totalConversations: 1, lastSeenAt: new Date(now).toISOString() };
		if (!("customerId" in who)) return this.registration.of(app, who, first);
		const record = await this.storage.get(customers, [customerKey(this.topic, app, who.customerId)]);
		if (!record) throw new RouterError("customer_unknown");
		return { customer: customerOf(record), isNew: false, writes: [] };
	}
}

function newRecord(topic: string, customer: Customer, subject: Subject, id: string, now: number): ConversationRecord {
	const { priority, channel, tags, metadata, openedAt = now, lastMessageAt = openedAt } = subject;
	const fields: ConversationFields = {
		id,
		appId: customer.appId,
		rev: 1,
		customerId: customer.id,
		customer: summaryOf(customer),
		status: "open",
		priority,
		subject: subject.subject,
		channel,
		tags,
		openedBy: subject.openedBy ?? { type: "customer", id: customer.id },
		createdAt: new Date(openedAt).toISOString(),
		updatedAt: new Date(now).toISOString(),
		metadata,
	};
	return recordOf(topic, fields, { place: placeAt(lastMessageAt, id) });
}

/** A customer who is known has one conversation more; if they still are blocked, or not, as they were found. */
function visit(topic: string, { appId, id, status }: Customer, now: number): Write {
	const change = {
		add: [["totalConversations", 1]],
		set: [["lastSeenAt", new Date(now).toISOString()]],
	} as const;
	return { update: customers, key: [customerKey(topic, appId, id)], change, if: [{ path: "status", eq: status }] };
}

/** What the change of a conversation from one state (none: it's new) to the next does to its tags. */
export function taggingOf(after: ConversationRecord, before?: ConversationRecord) {
	const { topic, app } = partsOf(after.conversation);
	const { id, createdAt, rev } = after;
	const place = placeAt(Date.parse(createdAt), id);
	return { scope: scopeOf(topic, app), id, place, rev, before: before?.tags ?? [], after: after.tags ?? [] };
}
