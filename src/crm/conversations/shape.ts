import * as z from "zod/mini";
import type { Actor } from "../access/Actor.js";
import { PRIORITIES } from "../records/priority.js";
import { STATUSES } from "./lifecycle.js";
import type { AgentSummary, Conversation } from "./records.js";

const time = z.iso.datetime();
const person = { id: z.string(), name: z.string(), avatar: z.optional(z.string()) };

/** A conversation as it's shown: customers aren't told the agent's address. */
export interface ShownConversation extends Omit<Conversation, "agent"> {
	readonly agent?: Pick<AgentSummary, "id" | "name" | "avatar"> & Partial<Pick<AgentSummary, "email">>;
}

const shown = z.strictObject({
	id: z.string().with(z.meta({ description: "Also its session's." })),
	appId: z.string(),
	rev: z.int().with(z.meta({ description: "Rises with every change but messages; also the `ETag`." })),
	customerId: z.string(),
	customer: z
		.strictObject({
			...person,
			email: z.optional(z.string()),
			phone: z.optional(z.string()),
			company: z.optional(z.string()),
		})
		.with(z.meta({ description: "As when the conversation began." })),
	knownAs: z
		.optional(z.readonly(z.array(z.string())))
		.with(z.meta({ description: "Ids by which its customer was known before they were joined with this one." })),
	assignedAgentId: z.optional(z.string()),
	agent: z
		.optional(z.strictObject({ ...person, email: z.optional(z.string()).with(z.meta({ description: "For staff." })) }))
		.with(z.meta({ description: "As when it was assigned." })),
	department: z
		.optional(z.string())
		.with(z.meta({ description: "Whose agents take care of it; without one, all. For staff." })),
	status: z.enum(STATUSES),
	priority: z.enum(PRIORITIES),
	subject: z.optional(z.string()),
	channel: z.string(),
	tags: z.optional(z.readonly(z.array(z.string()))),
	openedBy: z.strictObject({ type: z.enum(["customer", "agent", "api"]), id: z.string() }),
	createdAt: time,
	updatedAt: time,
	closedAt: z.optional(time),
	satisfaction: z.optional(z.int().check(z.minimum(1), z.maximum(5))),
	comment: z.optional(z.string()).with(z.meta({ description: "What the customer wrote with the rating." })),
	metadata: z.optional(z.record(z.string(), z.json())),
	lastMessageAt: z.optional(time),
	messageCount: z.int().with(z.meta({ description: "What everybody may read; some seconds late." })),
	unreadCount: z
		.int()
		.with(z.meta({ description: "The customer's messages that no agent has seen; some seconds late." })),
});

/** A conversation as the API shows it. */
export const conversation: z.ZodMiniType<ShownConversation> = shown.with(
	z.meta({
		id: "Conversation",
		example: {
			id: "Zk9yV2m0Qe6xq1y3bUq3Bw",
			appId: "default",
			rev: 2,
			customerId: "Y2m0Qe6xq1y3bUq3BwZk9w",
			customer: { id: "Y2m0Qe6xq1y3bUq3BwZk9w", email: "ada@example.com", name: "Ada Lovelace" },
			status: "open",
			priority: "low",
			channel: "web",
			openedBy: { type: "customer", id: "Y2m0Qe6xq1y3bUq3BwZk9w" },
			createdAt: "2026-11-25T09:00:00.000Z",
			updatedAt: "2026-11-25T09:00:00.000Z",
			messageCount: 3,
			unreadCount: 1,
		},
	}),
);

/** One that was just opened. */
export interface OpenedConversation extends ShownConversation {
	readonly token?: string;
}

export const openedConversation: z.ZodMiniType<OpenedConversation> = z
	.extend(shown, {
		token: z
			.optional(z.string())
			.with(z.meta({ description: "Lets its customer into this conversation; not told to staff." })),
	})
	.with(z.meta({ id: "OpenedConversation" }));

/** The conversation for whoever asks: what staff notes of it isn't for its customer. */
export function shownTo(actor: Pick<Actor, "role">, conversation: Conversation): ShownConversation {
	if (actor.role !== "customer") return conversation;
	const { tags: _, metadata: __, knownAs: ___, department: ____, agent, ...theirs } = conversation;
	return { ...theirs, agent: agent && { id: agent.id, name: agent.name, avatar: agent.avatar } };
}
