import { defineCollection } from "../../storage/Storage.js";
import type { Priority } from "../records/priority.js";
import { agentEmails, agents } from "./records.js";

/** What is common to a conversation that waits and one that's assigned. */
interface Asking {
	/** `<topic>/<app>/<conversation id>`. */
	conversation: string;
	/** `<topic>/<app>`. */
	scope: string;
	appId: string;
	conversationId: string;
	priority: Priority;
	/** Since when an agent is wanted, epoch milliseconds. */
	askedAt: number;
	skills?: string[];
	/** Whose agents may have it. */
	department?: string;
	/** The conversation's own department as it was last known; it may have been handed off to another one. */
	own?: string;
}

export interface WaitingRecord extends Asking {
	state: "waiting";
	/** Its place in the queue. */
	place: string;
}

export interface AssignedRecord extends Asking {
	state: "assigned";
	agentId: string;
	/** The agent's key. */
	holder: string;
	/** Epoch milliseconds. */
	assignedAt: number;
}

/** Who has a conversation: one record for each that an agent has, or is wanted for. */
export type AssignmentRecord = WaitingRecord | AssignedRecord;

/** A place in an app's queue. */
export interface QueueRecord {
	/** `<topic>/<app>`. */
	scope: string;
	place: string;
	conversationId: string;
	skills?: string[];
	department?: string;
}

export const assignments = defineCollection<AssignmentRecord>({
	name: "assignments",
	key: { hash: "conversation" },
	/** Those that wait have no holder. */
	indexes: { byHolder: { hash: "scope", range: { field: "holder", type: "string" } } },
});

/** Read by its key, so that whoever frees an agent sees everybody who waited before. */
export const assignmentQueue = defineCollection<QueueRecord>({
	name: "assignmentQueue",
	key: { hash: "scope", range: { field: "place", type: "string" } },
});

/** What the API tells of it. */
export type Assignment =
	| {
			readonly state: "waiting";
			readonly conversationId: string;
			readonly priority: Priority;
			readonly askedAt: number;
	  }
	| {
			readonly state: "assigned";
			readonly conversationId: string;
			readonly agentId: string;
			readonly assignedAt: number;
	  };

export function assignmentOf(record: AssignmentRecord): Assignment {
	const { conversationId } = record;
	return record.state === "waiting"
		? { state: "waiting", conversationId, priority: record.priority, askedAt: record.askedAt }
		: { state: "assigned", conversationId, agentId: record.agentId, assignedAt: record.assignedAt };
}

/** Every collection of the agents' side; a storage is opened with these. */
export const agentCollections = [agents, agentEmails, assignments, assignmentQueue] as const;
