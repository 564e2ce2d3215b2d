import type { Entry } from "../../protocol/envelope.js";
import { isMessage } from "./activity.js";
import type { Changed } from "./change.js";
import { after, isEnded, type LifecycleEvent } from "./lifecycle.js";
import type { ConversationRecord } from "./records.js";

/** What an entry of the log makes of a conversation, if anything; the same again, where it has been followed before. */
export function followed(
	record: Pick<ConversationRecord, "status" | "closedAt" | "followedSeq" | "satisfaction">,
	entry: Entry,
): Changed | undefined {
	const { content, seq, timeMs } = entry;
	if (content.type === "rated") {
		const { rating: satisfaction, comment } = content;
		return record.satisfaction === undefined ? { satisfaction, comment } : undefined;
	}
	const event = eventOf(entry);
	if (!event || seq <= (record.followedSeq ?? 0)) return undefined;
	const status = after(record.status, event);
	if (status === record.status) return undefined;
	if (!isEnded(status)) return { status, closedAt: undefined };
	return { status, closedAt: record.closedAt ?? new Date(timeMs).toISOString() };
}

function eventOf({ content, from, audience }: Entry): LifecycleEvent | undefined {
	if (content.type === "closed" || content.type === "reopened" || content.type === "archived") return content.type;
	if (content.type === "handOff") return "handedOff";
	if (content.type === "joined" && from.role === "agent") return "agentJoined";
	return from.role === "visitor" && isMessage({ content, audience }) ? "customerWrote" : undefined;
}
