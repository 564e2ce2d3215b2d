import { RouterError } from "../../../protocol/errors.js";
import type { Agent } from "../../agents/records.js";
import { none, one } from "../../http/answers.js";
import { route } from "../../http/Route.js";
import { after } from "../lifecycle.js";
import type { AgentSummary, Conversation } from "../records.js";
import { conversationSchemas } from "../schema.js";
import { conversation, shownTo } from "../shape.js";
import { type ConversationServices, ofPath } from "./services.js";

/** The routes by which conversations go through their life. */
export function conversationLifeRoutes({
	conversations,
	handling,
	persons,
	assignments,
	agents,
}: ConversationServices) {
	const { assignee, handOffWish, rating, readUpTo } = conversationSchemas();
	const { record, touches } = ofPath(conversations);
	/** Gives it to the agent, if they may have it; to nobody without one. */
	const assign = async (given: Conversation, agentId: string | null): Promise<Conversation> => {
		const { appId: app, id, status, priority } = given;
		after(status, "assign");
		if (agentId === null) {
			await assignments.release(app, id);
			return conversations.assign(app, id, undefined);
		}
		const agent = await agents.get(app, agentId);
		if (!agent) throw new RouterError("agent_unknown");
		await assignments.assign(app, id, agentId, { priority });
		return conversations.assign(app, id, summaryOf(agent));
	};
	return [
		route({
			method: "put",
			path: "/conversations/:id/assign",
			action: "conversations.assign",
			operationId: "assignConversation",
			summary: "Give a conversation to an agent",
			description: "Whoever had it; `null`: to nobody. The agent's capacity is never exceeded.",
			body: assignee,
			answer: one(conversation),
			throws: [
				"conversation_unknown",
				"conversation_closed",
				"conversation_archived",
				"agent_unknown",
				"agent_unavailable",
				"agent_at_capacity",
			],
			record,
			touches,
			handle: ({ record, body }) => assign(record, body.agentId),
		}),
		route({
			method: "put",
			path: "/conversations/:id/close",
			action: "conversations.close",
			operationId: "closeConversation",
			summary: "Close a conversation",
			description: "What its customer writes after it opens it again. Closing what is closed changes nothing.",
			answer: one(conversation),
			throws: ["conversation_unknown", "conversation_archived"],
			record,
			touches,
			handle: async ({ actor, record }) =>
				shownTo(actor, await handling.close(record, await persons.of(actor, record))),
		}),
		route({
			method: "put",
			path: "/conversations/:id/reopen",
			action: "conversations.reopen",
			operationId: "reopenConversation",
			summary: "Open a closed conversation again",
			answer: one(conversation),
			throws: ["conversation_unknown", "conversation_archived"],
			record,
			touches,
			handle: async ({ actor, record }) =>
				shownTo(actor, await handling.reopen(record, await persons.of(actor, record))),
		}),
		route({
			method: "put",
			path: "/conversations/:id/archive",
			action: "conversations.archive",
			operationId: "archiveConversation",
			summary: "Put a closed conversation away",
			description: "What its customer has to say next belongs into another one.",
			answer: one(conversation),
			throws: ["conversation_unknown", "conversation_open"],
			record,
			touches,
			handle: async ({ actor, record }) => handling.archive(record, await persons.of(actor, record)),
		}),
		route({
			method: "put",
			path: "/conversations/:id/rate",
			action: "conversations.rate",
			operationId: "rateConversation",
			summary: "Rate a closed conversation, once",
			body: rating,
			answer: one(conversation),
			throws: ["conversation_unknown", "conversation_open", "conversation_archived", "conversation_rated"],
			record,
			touches,
			handle: async ({ actor, record, body }) =>
				shownTo(actor, await handling.rate(record, await persons.of(actor, record), body)),
		}),
		route({
			method: "put",
			path: "/conversations/:id/handoff",
			action: "conversations.handoff",
			operationId: "handOffConversation",
			summary: "Ask that somebody else answers",
			description:
				"`target`: an answerer by its name. Else a person: `agentId`, or whoever is free and has the `skills`, of the `department`; until one is, it waits. Whoever answers goes on until somebody comes.",
			body: handOffWish,
			answer: one(conversation),
			throws: [
				"conversation_unknown",
				"conversation_closed",
				"conversation_archived",
				"agent_unknown",
				"agent_unavailable",
				"agent_at_capacity",
			],
			record,
			touches,
			async handle({ app, actor, record, params, body: { target, agentId, skills, department } }) {
				const by = await persons.of(actor, record);
				await assign(record, agentId ?? null);
				// Before it's handed off: who is wanted then has no needs but the conversation's own department.
				const isForAnybody = target === undefined && agentId === undefined;
				const { priority, department: own = null } = record;
				if (isForAnybody) await assignments.request(app, params.id, { priority, skills, department, own });
				return handling.handOff(record, by, target);
			},
		}),
		route({
			method: "put",
			path: "/conversations/:id/read",
			action: "conversations.read",
			operationId: "markConversationRead",
			summary: "Say that it was read",
			description: "All of it, or up to entry `seq`. What staff has read isn't unread any more.",
			body: readUpTo,
			answer: none,
			throws: ["conversation_unknown"],
			record,
			touches,
			async handle({ app, actor, record, params, body: { seq } }) {
				const by = await persons.of(actor, record);
				await handling.read(record, by, seq);
				if (actor.role !== "customer") await conversations.seen(app, params.id, seq);
			},
		}),
	] as const;
}

function summaryOf({ id, email, name, avatar }: Agent): AgentSummary {
	return { id, email, name, avatar };
}
