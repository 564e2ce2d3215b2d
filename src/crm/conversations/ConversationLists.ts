import type { Storage } from "../../storage/Storage.js";
import { scopeOf } from "../agents/records.js";
import { type Listing, type ListPart, listPart } from "../lists/Listing.js";
import { type Merging, mergedPage } from "../lists/mergedPage.js";
import { hasTag, type TagIndex } from "../lists/TagIndex.js";
import { parseInput } from "../records/input.js";
import type { ConversationStore } from "./ConversationStore.js";
import {
	agentKeys,
	type Conversation,
	type ConversationFields,
	type ConversationRecord,
	conversations,
	customerConversationsKey,
	inboxKeys,
} from "./records.js";
import { type ConversationFilter, conversationSchemas } from "./schema.js";

interface Part {
	readonly limit: number;
	readonly cursor?: string;
}

/** The lists of an inbox. */
export class ConversationLists {
	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
		private readonly store: ConversationStore,
		private readonly tags: TagIndex,
	) {}

	/**
	 * Conversations by their last message, the newest first; by tag alone, by when they were opened. From page to page the
	 * order may be up to `PLACE_MS` behind; within a page it's exact.
	 */
	async list(app: string, filter: ConversationFilter = {}, part: ListPart = {}): Promise<Listing<Conversation>> {
		const asked = parseInput(conversationSchemas().conversationFilter, filter);
		const { limit, cursor } = parseInput(listPart(), part);
		const { tag, customerId, agentId } = asked;
		if (tag !== undefined && customerId === undefined && agentId === undefined) {
			return this.byTag(app, tag, asked, { limit, cursor });
		}
		const page = await mergedPage(this.storage, mergingOf(this.topic, app, asked), { limit, cursor });
		const items = (await this.store.withActivities(page.items)).sort((a, b) => newestFirst(a, b));
		return { items, nextCursor: page.nextCursor };
	}

	private async byTag(app: string, tag: string, asked: ConversationFilter, part: Part): Promise<Listing<Conversation>> {
		const { items: ids, nextCursor } = await this.tags.ids(scopeOf(this.topic, app), tag, part);
		const records = (await this.store.records(app, ids)).filter((record) => fits(record, asked));
		return { items: await this.store.withActivities(records), nextCursor };
	}
}

/** Where the conversations that are asked for lie: the index that tells most apart, and what it can't. */
function mergingOf(topic: string, app: string, asked: ConversationFilter): Merging<ConversationRecord> {
	const { customerId, agentId, status, priority } = asked;
	const common = {
		collection: conversations,
		place: (record: ConversationRecord) => record.place,
		keep: (record: ConversationRecord) => fits(record, asked),
	};
	if (customerId !== undefined)
		return { ...common, index: "byCustomer", hashes: [customerConversationsKey(topic, app, customerId)] };
	const statuses = status && [status];
	if (agentId !== undefined) return { ...common, index: "byAgent", hashes: agentKeys(topic, app, agentId, statuses) };
	return { ...common, index: "inbox", hashes: inboxKeys(topic, app, statuses, priority && [priority]) };
}

/** Whether all that is asked for holds. */
export function fits(record: ConversationFields, asked: ConversationFilter): boolean {
	const { customerId, agentId, status, priority, tag } = asked;
	return (
		(customerId === undefined || record.customerId === customerId) &&
		(agentId === undefined || record.assignedAgentId === agentId) &&
		(status === undefined || record.status === status) &&
		(priority === undefined || record.priority === priority) &&
		(tag === undefined || hasTag(record.tags, tag))
	);
}

function newestFirst(a: Conversation, b: Conversation): number {
	const [one, other] = [a.lastMessageAt ?? a.createdAt, b.lastMessageAt ?? b.createdAt];
	return one === other ? 0 : one < other ? 1 : -1;
}
