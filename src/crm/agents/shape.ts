import * as z from "zod/mini";
import { AGENT_STATUSES, type Agent } from "./records.js";

const time = z.iso.datetime();

/** An agent as the API shows them. */
export const agent: z.ZodMiniType<Agent> = z
	.strictObject({
		id: z.string(),
		appId: z.string(),
		rev: z.int().with(
			z.meta({
				description: "Rises when the profile changes, not with statuses and conversations; also the `ETag`.",
			}),
		),
		email: z.string(),
		name: z.string(),
		avatar: z.optional(z.string()),
		status: z.enum(AGENT_STATUSES),
		capacity: z.int().with(z.meta({ description: "How many conversations the agent takes at the same time." })),
		activeConversations: z.int(),
		skills: z.optional(z.array(z.string())),
		departments: z.optional(z.array(z.string())).with(z.meta({ description: "Without any, the agent works for all." })),
		createdAt: time,
		updatedAt: time,
		lastActivityAt: z.optional(time),
	})
	.with(
		z.meta({
			id: "Agent",
			example: {
				id: "hZx0T9mFq2q3s4n5c6v7bA",
				appId: "default",
				rev: 1,
				email: "grace@example.com",
				name: "Grace Hopper",
				status: "online",
				capacity: 5,
				activeConversations: 2,
				skills: ["billing"],
				createdAt: "2026-11-25T09:00:00.000Z",
				updatedAt: "2026-11-25T09:00:00.000Z",
				lastActivityAt: "2026-11-25T09:30:00.000Z",
			},
		}),
	);
