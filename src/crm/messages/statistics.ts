import { type Activity, messageCount, noActivity } from "../conversations/activity.js";
import type { ConversationFields } from "../conversations/records.js";

/** Numbers about one conversation. Messages are those that everybody may read; durations are whole seconds, rounded. */
export interface Statistics {
	readonly conversationId: string;
	readonly messages: number;
	/** How many of them each side sent. */
	readonly bySender: { readonly customer: number; readonly agent: number; readonly bot: number };
	/** Files in them. */
	readonly attachments: number;
	/** From the customer's first message to the first of an agent after it; absent until there is one. */
	readonly firstResponseSeconds?: number;
	/** The same, where a bot's answer counts as well. */
	readonly firstAnswerSeconds?: number;
	/**
	 * How long the customer waited for an agent on average: each time, from the first message that wasn't answered to an
	 * agent's next one. Absent until an agent has answered.
	 */
	readonly averageResponseSeconds?: number;
	/** How often an agent answered a customer who waited. */
	readonly responses: number;
	/** From when it was opened to when it was closed last; absent while it's open or pending. */
	readonly resolutionSeconds?: number;
	/** From the first message to the last one; absent without any. */
	readonly durationSeconds?: number;
	readonly firstMessageAt?: string;
	readonly lastMessageAt?: string;
}

export function statisticsOf(
	{ id, createdAt, closedAt }: Pick<ConversationFields, "id" | "createdAt" | "closedAt">,
	activity: Activity = noActivity(),
): Statistics {
	const { firstMessageAt: first, lastMessageAt: last, responses, responsesMs } = activity;
	const resolutionMs = closedAt === undefined ? undefined : Math.max(0, Date.parse(closedAt) - Date.parse(createdAt));
	return {
		conversationId: id,
		messages: messageCount(activity),
		bySender: { ...activity.messages },
		attachments: activity.attachments,
		firstResponseSeconds: seconds(activity.firstResponseMs),
		firstAnswerSeconds: seconds(activity.firstAnswerMs),
		averageResponseSeconds: responses === 0 ? undefined : seconds(responsesMs / responses),
		responses,
		resolutionSeconds: seconds(resolutionMs),
		durationSeconds: first === undefined || last === undefined ? undefined : seconds(last - first),
		firstMessageAt: time(first),
		lastMessageAt: time(last),
	};
}

function seconds(ms: number | undefined): number | undefined {
	return ms === undefined ? undefined : Math.round(ms / 1000);
}

function time(ms: number | undefined): string | undefined {
	return ms === undefined ? undefined : new Date(ms).toISOString();
}
