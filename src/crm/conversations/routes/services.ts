import type { CustomerTokens } from "../../access/CustomerTokens.js";
import type { Agents } from "../../agents/Agents.js";
import type { Assignments } from "../../agents/Assignments.js";
import { belongingOf } from "../belonging.js";
import type { Conversations } from "../Conversations.js";
import type { Handling } from "../Handling.js";
import type { Persons } from "../Persons.js";
import type { Conversation } from "../records.js";

export interface ConversationServices {
	readonly conversations: Conversations;
	readonly handling: Handling;
	readonly persons: Persons;
	readonly assignments: Assignments;
	readonly agents: Agents;
	readonly customerTokens: CustomerTokens;
}

/** The conversation that a path names, and whose it is. */
export function ofPath(conversations: Conversations) {
	return {
		record: ({ app, params }: { app: string; params: { id: string } }) => conversations.get(app, params.id),
		touches: ({ record }: { record: Conversation }) => belongingOf(record),
	};
}
