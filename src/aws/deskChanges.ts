import { conversationActivity } from "../crm/conversations/activity.js";
import { belongingOf } from "../crm/conversations/belonging.js";
import { type ConversationChange, isElsewhere } from "../crm/conversations/changes.js";
import { type ConversationRecord, conversations } from "../crm/conversations/records.js";
import { partsOf } from "../delivery/identity.js";
import { TOPIC } from "../server/topic.js";
import { isOf, type StreamRecord, streamedChange } from "../storage/dynamodb/streamImages.js";

/** The conversation that an event of a stream is about; undefined for one of another table, or of another topic. */
export function changeIn(event: StreamRecord, tablePrefix: string): ConversationChange | undefined {
	const isOfRecord = isOf(conversations, tablePrefix, event);
	if (!isOfRecord && !isOf(conversationActivity, tablePrefix, event)) return undefined;
	const { key, before, after } = streamedChange<ConversationRecord>(event);
	const { topic, app, sessionId: id } = partsOf(key.conversation ?? "");
	if (topic !== TOPIC) return undefined;
	if (!isOfRecord) return { app, id };
	const was = before && belongingOf(before);
	return { app, id, before: was && (!after || isElsewhere(was, belongingOf(after))) ? was : undefined };
}
