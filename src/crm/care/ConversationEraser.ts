import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Storage } from "../../storage/Storage.js";
import type { Assignments } from "../agents/Assignments.js";
import type { Attachments } from "../attachments/Attachments.js";
import { conversationActivity } from "../conversations/activity.js";
import { belongingOf } from "../conversations/belonging.js";
import type { ChangeListener } from "../conversations/changes.js";
import { taggingOf } from "../conversations/Opening.js";
import { conversationKey, conversations, conversationTags } from "../conversations/records.js";
import { TagIndex } from "../lists/TagIndex.js";

export interface ConversationEraserPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly office: Pick<PostOffice, "erase">;
	readonly assignments: Pick<Assignments, "release">;
	/** Undefined where messages carry no files of ours. */
	readonly attachments?: Pick<Attachments, "erase">;
	/** Is told that the conversation is gone. */
	readonly onChange?: ChangeListener;
}

/** Erases a conversation and what there is of it elsewhere. Each step may be taken again. */
export class ConversationEraser {
	private readonly tags: TagIndex;

	constructor(private readonly ports: ConversationEraserPorts) {
		this.tags = new TagIndex(ports.storage, conversationTags);
	}

	/** Answers up to which entry its log was erased; undefined where nothing had been said. */
	async erase(app: string, id: string): Promise<number | undefined> {
		const { topic, storage, office, assignments, attachments } = this.ports;
		// First: nothing is copied from it any more.
		const seq = await office.erase(app, id);
		await attachments?.erase(app, id);
		await assignments.release(app, id);
		const key = [conversationKey(topic, app, id)] as const;
		const record = await storage.get(conversations, key);
		if (record) await this.tags.leave(taggingOf({ ...record, rev: record.rev + 1, tags: [] }, record));
		await storage.delete(conversationActivity, key);
		// Last: by it the conversation is found again as long as anything is left of it.
		await storage.delete(conversations, key);
		if (record) this.ports.onChange?.({ app, id, before: belongingOf(record), erased: true });
		return seq;
	}
}
