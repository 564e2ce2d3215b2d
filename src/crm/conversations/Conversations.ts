import type { Listing, ListPart } from "../lists/Listing.js";
import { parseInput } from "../records/input.js";
import type { ActivityRecord } from "./activity.js";
import { type Belonging, belongingOf } from "./belonging.js";
import { ConversationLists } from "./ConversationLists.js";
import { type ConversationPorts, ConversationStore } from "./ConversationStore.js";
import type { Changed } from "./change.js";
import { after, isEnded } from "./lifecycle.js";
import { type Opened, Opening, taggingOf } from "./Opening.js";
import { Reading } from "./Reading.js";
import {
	type AgentSummary,
	type Conversation,
	type ConversationFields,
	type ConversationRecord,
	fieldsOf,
} from "./records.js";
import {
	type ConversationChanges,
	type ConversationFilter,
	conversationSchemas,
	type NewConversation,
} from "./schema.js";

/**
 * The conversations of every app. Inputs are checked here: `invalid_input` names what is wrong with them. Where a `rev` is
 * given, a change is made only to a conversation that still is at it; otherwise `record_changed`.
 */
export class Conversations {
	private readonly store: ConversationStore;
	private readonly opening: Opening;
	private readonly lists: ConversationLists;
	private readonly reading: Reading;

	constructor(ports: ConversationPorts) {
		this.store = new ConversationStore(ports);
		this.opening = new Opening(ports);
		this.lists = new ConversationLists(ports.topic, ports.storage, this.store, this.opening.tags);
		this.reading = new Reading(ports);
	}

	/**
	 * Opens a conversation, and makes its customer where the address isn't known, both or none. However many open one of
	 * the same `id` for the same customer at once, there is one; without an `id` it's always a new one.
	 * Throws `customer_unknown`, `customer_blocked`, `conversation_forbidden` (the `id` is another customer's).
	 */
	async open(
		app: string,
		input: NewConversation,
		given: { readonly id?: string; readonly openedBy?: ConversationFields["openedBy"] } = {},
	): Promise<Opened> {
		const asked = parseInput(conversationSchemas().newConversation, input);
		const { priority, channel, subject, tags, metadata } = asked;
		const who = "customer" in asked ? asked.customer : { customerId: asked.customerId };
		return this.opening.open(app, who, { priority, channel, subject, tags, metadata, ...given });
	}

	/** Throws `conversation_unknown`. */
	get(app: string, id: string): Promise<Conversation> {
		return this.store.get(app, id);
	}

	/** Whose it is; undefined for one that isn't there. */
	async belonging(app: string, id: string): Promise<Belonging | undefined> {
		const record = await this.store.find(app, id);
		return record && belongingOf(record);
	}

	/** See `ConversationLists.list`. */
	list(app: string, filter?: ConversationFilter, part?: ListPart): Promise<Listing<Conversation>> {
		return this.lists.list(app, filter, part);
	}

	/** What was counted of its messages; undefined before the first is. Throws nothing for one that isn't there. */
	activity(app: string, id: string): Promise<ActivityRecord | undefined> {
		return this.store.activity(app, id);
	}

	/** Changes what is named; its status changes by what `Handling` does. */
	async update(app: string, id: string, input: ConversationChanges, rev?: number): Promise<Conversation> {
		const fields = parseInput(conversationSchemas().conversationChanges, input);
		let before: ConversationRecord | undefined;
		const record = await this.store.change(app, id, rev, async (found) => {
			before = found;
			const changes: Changed = cleared(fields);
			if (Object.keys(changes).length === 0) return undefined;
			if (changes.tags) {
				const { tags } = changes;
				await this.opening.tags.enter(taggingOf({ ...found, tags, rev: found.rev + 1 }, found));
			}
			return changes;
		});
		if (before && "tags" in fields) await this.opening.tags.leave(taggingOf(record, before));
		return this.shown(record);
	}

	/** Takes the next `rev` and changes nothing else: whoever else has read it at this one is refused from now on. */
	claim(app: string, id: string, rev: number): Promise<Conversation> {
		return this.change(app, id, rev, () => ({}));
	}

	/**
	 * Notes that staff waits for the customer, or no longer: that's nothing that is said, and isn't in the log. `seq`: the
	 * newest entry of the log, which it has been brought to. Throws `conversation_closed`, `conversation_archived`.
	 */
	wait(app: string, id: string, waits: boolean, seq: number): Promise<Conversation> {
		return this.change(app, id, undefined, ({ status, followedSeq = 0 }) => {
			after(status, "wait");
			const next = waits ? "pending" : "open";
			return next === status ? undefined : { status: next, followedSeq: Math.max(followedSeq, seq) };
		});
	}

	/**
	 * Notes which agent has it, or that nobody has; whether they may take it is for the assignment to say.
	 * Throws `conversation_closed`, `conversation_archived`.
	 */
	assign(app: string, id: string, agent: AgentSummary | undefined, rev?: number): Promise<Conversation> {
		return this.change(app, id, rev, (record) => {
			after(record.status, "assign");
			return record.assignedAgentId === agent?.id ? undefined : { assignedAgentId: agent?.id, agent };
		});
	}

	/** Up to 100 conversations; those that aren't there are left out. */
	async several(app: string, ids: readonly string[]): Promise<ConversationFields[]> {
		return (await this.store.records(app, ids)).map(fieldsOf);
	}

	/** Those of them (up to 100) that are closed, archived, or not there. */
	async over(app: string, ids: readonly string[]): Promise<readonly string[]> {
		const going = new Set<string>();
		for (const { id, status } of await this.store.records(app, ids)) if (!isEnded(status)) going.add(id);
		return ids.filter((id) => !going.has(id));
	}

	/** See `Reading.seen`. */
	seen(app: string, id: string, seq?: number): Promise<void> {
		return this.reading.seen(app, id, seq);
	}

	private async change(
		app: string,
		id: string,
		rev: number | undefined,
		decide: (record: ConversationRecord) => Changed | undefined | Promise<Changed | undefined>,
	): Promise<Conversation> {
		return this.shown(await this.store.change(app, id, rev, decide));
	}

	private async shown(record: ConversationRecord): Promise<Conversation> {
		const [conversation] = await this.store.withActivities([record]);
		return conversation ?? { ...fieldsOf(record), messageCount: 0, unreadCount: 0 };
	}
}

/** The fields that are given; `null` becomes a field that's there and undefined. */
function cleared(fields: Record<string, unknown>): Changed {
	const given = Object.entries(fields).filter(([, value]) => value !== undefined);
	return Object.fromEntries(given.map(([field, value]) => [field, value ?? undefined])) as Changed;
}
