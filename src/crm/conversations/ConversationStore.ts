import { RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { assertRev, decided } from "../records/decided.js";
import { type ActivityRecord, conversationActivity, withActivity } from "./activity.js";
import { belongingOf } from "./belonging.js";
import { type Changed, changed } from "./change.js";
import { type ChangeListener, isElsewhere } from "./changes.js";
import { type Conversation, type ConversationRecord, conversationKey, conversations, fieldsOf } from "./records.js";

export interface ConversationPorts {
	readonly storage: Storage;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** The post office's, whose sessions these are. */
	readonly topic: string;
	/** Is told of each change of a conversation, and of what was counted of it. */
	readonly onChange?: ChangeListener;
}

/** Reads and changes conversations; what it's told is checked already. */
export class ConversationStore {
	constructor(private readonly ports: ConversationPorts) {}

	/** Undefined if there's none. */
	find(app: string, id: string): Promise<ConversationRecord | undefined> {
		return this.ports.storage.get(conversations, [this.key(app, id)]);
	}

	/** Throws `conversation_unknown`. */
	async record(app: string, id: string): Promise<ConversationRecord> {
		const record = await this.find(app, id);
		if (!record) throw new RouterError("conversation_unknown");
		return record;
	}

	/** Throws `conversation_unknown`. */
	async get(app: string, id: string): Promise<Conversation> {
		const { storage } = this.ports;
		const key = [this.key(app, id)] as const;
		const [record, activity] = await Promise.all([
			storage.get(conversations, key),
			storage.get(conversationActivity, key),
		]);
		if (!record) throw new RouterError("conversation_unknown");
		return withActivity(fieldsOf(record), activity);
	}

	/** What was counted of the conversation; undefined before the first message is. */
	activity(app: string, id: string): Promise<ActivityRecord | undefined> {
		return this.ports.storage.get(conversationActivity, [this.key(app, id)]);
	}

	/** Up to 100 conversations with what was counted of them, in one more read. */
	async withActivities(records: readonly ConversationRecord[]): Promise<Conversation[]> {
		if (records.length === 0) return [];
		const keys = records.map(({ conversation }) => [conversation] as const);
		const activities = await this.ports.storage.batchGet(conversationActivity, keys);
		return records.map((record, i) => withActivity(fieldsOf(record), activities[i]));
	}

	/** Up to 100 conversations; those that are gone are left out. */
	async records(app: string, ids: readonly string[]): Promise<ConversationRecord[]> {
		if (ids.length === 0) return [];
		const keys = ids.map((id) => [this.key(app, id)] as const);
		const found = await this.ports.storage.batchGet(conversations, keys);
		return found.flatMap((record) => record ?? []);
	}

	/**
	 * Changes a conversation as `decide` says, who is asked again where somebody else was faster; undefined changes nothing.
	 * Throws what it throws, `conversation_unknown`, `record_changed`.
	 */
	change(
		app: string,
		id: string,
		rev: number | undefined,
		decide: (record: ConversationRecord) => Changed | undefined | Promise<Changed | undefined>,
	): Promise<ConversationRecord> {
		return decided(async () => {
			const before = await this.record(app, id);
			assertRev(before, rev);
			const changes = await decide(before);
			return changes ? this.apply(before, changes) : before;
		});
	}

	/** Changes it, if it still is what it was. Throws `ConditionFailed`. */
	async apply(before: ConversationRecord, changes: Changed): Promise<ConversationRecord> {
		const { storage, clock, onChange } = this.ports;
		const { record, write } = changed(before, changes, clock());
		await storage.update(conversations, [before.conversation], write.change, write.if);
		const [was, is] = [belongingOf(before), belongingOf(record)];
		onChange?.({ app: before.appId, id: before.id, before: isElsewhere(was, is) ? was : undefined });
		return record;
	}

	private key(app: string, id: string): string {
		return conversationKey(this.ports.topic, app, id);
	}
}
