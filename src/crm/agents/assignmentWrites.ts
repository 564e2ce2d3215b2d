import type { Test, Write } from "../../storage/Storage.js";
import {
	type AssignedRecord,
	type AssignmentRecord,
	assignmentQueue,
	assignments,
	type QueueRecord,
	type WaitingRecord,
} from "./assignmentRecords.js";
import { type AgentRecord, agents } from "./records.js";

/** One conversation more for an agent who is as they were read, and under capacity. */
export function takeOne({ agent, status, capacity }: AgentRecord, now: number): Write {
	return {
		update: agents,
		key: [agent],
		change: {
			add: [
				["activeConversations", 1],
				["loadRev", 1],
			],
			set: [["loadAt", now]],
		},
		if: [
			{ path: "status", eq: status },
			{ path: "capacity", eq: capacity },
			{ path: "activeConversations", below: capacity },
		],
	};
}

/** One fewer. What it counted is guarded by the assignment's own condition. */
export function giveOne(agent: string, now: number): Write {
	return {
		update: agents,
		key: [agent],
		change: {
			add: [
				["activeConversations", -1],
				["loadRev", 1],
			],
			set: [["loadAt", now]],
		},
		if: [{ path: "id", exists: true }],
	};
}

/** Holds while the assignment is as it was read. */
export function unchanged(record: AssignmentRecord): readonly Test[] {
	return record.state === "waiting"
		? [{ path: "place", eq: record.place }]
		: [
				{ path: "holder", eq: record.holder },
				{ path: "assignedAt", eq: record.assignedAt },
			];
}

export function queued({ scope, place, conversationId, skills, department }: WaitingRecord): Write {
	const record: QueueRecord = { scope, place, conversationId, skills, department };
	return { put: assignmentQueue, record };
}

export function unqueued({ scope, place }: Pick<QueueRecord, "scope" | "place">): Write {
	return { delete: assignmentQueue, key: [scope, place] };
}

/** The conversation is this agent's from now on, in place of what was read. */
export function assigned(before: AssignmentRecord, agent: AgentRecord, now: number): AssignedRecord {
	const { conversation, scope, appId, conversationId, priority, askedAt, skills, department, own } = before;
	const { agent: holder, id: agentId } = agent;
	return {
		state: "assigned",
		conversation,
		scope,
		appId,
		conversationId,
		priority,
		askedAt,
		skills,
		department,
		own,
		holder,
		agentId,
		assignedAt: now,
	};
}

export function put(record: AssignmentRecord, before: AssignmentRecord | undefined): Write {
	return { put: assignments, record, if: before ? unchanged(before) : "absent" };
}

export function remove(record: AssignmentRecord): Write {
	return { delete: assignments, key: [record.conversation], if: unchanged(record) };
}
