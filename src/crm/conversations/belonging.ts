import type { Subject } from "../access/authorise.js";
import type { ConversationFields } from "./records.js";

/** What a conversation is to whoever asks whether somebody may do something with it. */
export function belongingOf(
	conversation: Pick<ConversationFields, "appId" | "id" | "customerId" | "assignedAgentId">,
): Extract<Subject, { kind: "conversation" }> {
	const { appId: app, id, customerId, assignedAgentId } = conversation;
	return { kind: "conversation", app, id, customerId, assignedAgentId };
}
