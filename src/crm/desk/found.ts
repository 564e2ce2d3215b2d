import type { Storage } from "../../storage/Storage.js";
import { type ActivityRecord, conversationActivity } from "../conversations/activity.js";
import { type ConversationRecord, conversationKey, conversations } from "../conversations/records.js";

/** What a storage reads at once. */
const BATCH = 100;

/** A conversation as it is now; without a record it's gone. */
export interface Found {
	readonly id: string;
	readonly record?: ConversationRecord;
	readonly activity?: ActivityRecord;
}

/** Reads conversations, a hundred at once. */
export async function* foundOf(
	{ topic, storage }: { readonly topic: string; readonly storage: Storage },
	app: string,
	ids: readonly string[],
): AsyncGenerator<Found> {
	for (let from = 0; from < ids.length; from += BATCH) {
		const part = ids.slice(from, from + BATCH);
		const keys = part.map((id) => [conversationKey(topic, app, id)] as const);
		const [records, activities] = await Promise.all([
			storage.batchGet(conversations, keys),
			storage.batchGet(conversationActivity, keys),
		]);
		for (const [i, id] of part.entries()) yield { id, record: records[i], activity: activities[i] };
	}
}
