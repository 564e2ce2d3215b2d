import type { Subject } from "../access/authorise.js";
import type { ConversationFields } from "./records.js";

/** Whose a conversation is: what decides who may see it. */
export type Belonging = Extract<Subject, { kind: "conversation" }>;

/** What a conversation is to whoever asks whether somebody may do something with it. */
export function belongingOf(
	conversation: Pick<ConversationFields, "appId" | "id" | "customerId" | "assignedAgentId" | "department">,
): Belonging {
	const { appId: app, id, customerId, assignedAgentId, department } = conversation;
	return { kind: "conversation", app, id, customerId, assignedAgentId, department };
}
