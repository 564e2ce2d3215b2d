import type { Role } from "./envelope.js";

/** What an agent's list of conversations shows of one. Times are ISO 8601, UTC. */
export interface ConversationSummary {
	readonly id: string;
	/** `open`, `pending`, `closed` or `archived`. */
	readonly status: string;
	/** `low`, `medium`, `high` or `urgent`. */
	readonly priority: string;
	readonly subject?: string;
	readonly channel: string;
	readonly tags?: readonly string[];
	readonly customerId: string;
	readonly customer: Person;
	readonly assignedAgentId?: string;
	readonly agent?: Person;
	readonly createdAt: string;
	readonly updatedAt: string;
	readonly closedAt?: string;
	/** 1 to 5. */
	readonly satisfaction?: number;
	readonly lastMessageAt?: string;
	/** How the last message begins. */
	readonly preview?: Preview;
	readonly messageCount: number;
	/** The customer's messages that no agent has seen. */
	readonly unreadCount: number;
	/** Of the conversation's fields, to change it by. */
	readonly rev: number;
	/** Rises with everything that's told here: of two summaries, the one with the greater is the newer. */
	readonly version: number;
}

interface Person {
	readonly id: string;
	readonly name?: string;
	readonly email?: string;
	readonly avatar?: string;
}

/** How a message begins, and whose it is. */
export interface Preview {
	readonly text: string;
	readonly from: Role;
}
