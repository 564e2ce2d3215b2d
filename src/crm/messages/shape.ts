import * as z from "zod/mini";
import type { Message } from "./Message.js";
import type { Statistics } from "./statistics.js";

const time = z.iso.datetime();

/** A message as the API shows it. */
export const message: z.ZodMiniType<Message> = z
	.strictObject({
		id: z.string().with(z.meta({ description: "`<conversation id>.<seq>`" })),
		conversationId: z.string(),
		senderId: z.string().with(z.meta({ description: "An alias in this conversation." })),
		senderName: z.optional(z.string()),
		senderType: z.enum(["customer", "agent", "bot", "system"]),
		content: z.string(),
		messageType: z.enum(["text", "image", "file", "system"]),
		createdAt: time,
		status: z
			.enum(["sent", "delivered", "read"])
			.with(z.meta({ description: "The least of what the other side has." })),
		seq: z.int(),
		audience: z.enum(["everyone", "staff"]),
		attachments: z.optional(
			z.readonly(
				z.array(
					z.strictObject({
						url: z.string(),
						name: z.optional(z.string()),
						contentType: z.optional(z.string()),
						size: z.optional(z.int()).with(z.meta({ description: "In bytes." })),
					}),
				),
			),
		),
		metadata: z.optional(z.record(z.string(), z.optional(z.json()))),
	})
	.with(
		z.meta({
			id: "Message",
			example: {
				id: "Zk9yV2m0Qe6xq1y3bUq3Bw.1",
				conversationId: "Zk9yV2m0Qe6xq1y3bUq3Bw",
				senderId: "visitor-2m0Qe6xq1y3bUq3BwZk9yV",
				senderName: "Ada Lovelace",
				senderType: "customer",
				content: "Where is my order?",
				messageType: "text",
				createdAt: "2026-11-25T09:00:00.000Z",
				status: "read",
				seq: 1,
				audience: "everyone",
			},
		}),
	);

const seconds = z.optional(z.int().check(z.minimum(0)));

/** What was counted of a conversation, as the API shows it. */
export const statistics: z.ZodMiniType<Statistics> = z
	.strictObject({
		conversationId: z.string(),
		messages: z
			.int()
			.with(z.meta({ description: "Those that everybody may read; some seconds late, like all of this." })),
		bySender: z.strictObject({ customer: z.int(), agent: z.int(), bot: z.int() }),
		attachments: z.int(),
		firstResponseSeconds: seconds.with(
			z.meta({
				description: "From the customer's first message to an agent's first answer.",
			}),
		),
		firstAnswerSeconds: seconds.with(z.meta({ description: "The same, where a bot's counts as well." })),
		averageResponseSeconds: seconds.with(
			z.meta({ description: "How long the customer waited for an agent on average." }),
		),
		responses: z.int().with(z.meta({ description: "How often an agent answered a customer who waited." })),
		resolutionSeconds: seconds.with(z.meta({ description: "From when it was opened to when it was closed last." })),
		durationSeconds: seconds.with(z.meta({ description: "From the first message to the last." })),
		firstMessageAt: z.optional(time),
		lastMessageAt: z.optional(time),
	})
	.with(z.meta({ id: "ConversationStatistics" }));
