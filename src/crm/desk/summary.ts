import type { ConversationSummary } from "../../protocol/conversation.js";
import type { Entry } from "../../protocol/envelope.js";
import { type Activity, countAll, messageCount, noActivity } from "../conversations/activity.js";
import { followed } from "../conversations/following.js";
import type { ConversationRecord } from "../conversations/records.js";

/** What an agent's list shows of a conversation; `uncounted`: what was said in it since it was counted, in its order. */
export function summaryOf(
	record: ConversationRecord,
	counted: Activity | undefined,
	uncounted: readonly Entry[],
): ConversationSummary {
	const activity: Activity = structuredClone(counted ?? noActivity());
	let fields: ConversationRecord = record;
	for (const entry of uncounted) {
		// One that's missing has been said all the same: what's counted of the others would be wrong.
		if (entry.seq > activity.counted + 1) break;
		if (entry.seq <= activity.counted) continue;
		countAll(activity, [entry]);
		fields = { ...fields, ...followed(fields, entry) };
	}
	const { customer, agent, rev } = fields;
	const { lastMessageAt, preview, unread, seen } = activity;
	return {
		id: fields.id,
		status: fields.status,
		priority: fields.priority,
		subject: fields.subject,
		channel: fields.channel,
		tags: fields.tags,
		customerId: fields.customerId,
		customer: { id: customer.id, name: customer.name, email: customer.email, avatar: customer.avatar },
		assignedAgentId: fields.assignedAgentId,
		agent,
		createdAt: fields.createdAt,
		updatedAt: fields.updatedAt,
		closedAt: fields.closedAt,
		satisfaction: fields.satisfaction,
		lastMessageAt: lastMessageAt === undefined ? undefined : new Date(lastMessageAt).toISOString(),
		preview: preview && { text: preview.text, from: preview.from },
		messageCount: messageCount(activity),
		unreadCount: unread,
		rev,
		// Each of them only rises.
		version: rev + activity.counted + seen,
	};
}
