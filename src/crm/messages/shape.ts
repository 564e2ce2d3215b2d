import * as z from "zod";
import type { Message } from "./Message.js";
import type { Statistics } from "./statistics.js";

const time = z.iso.datetime();

/** A message as the API shows it. */
export const message: z.ZodType<Message> = z
	.strictObject({
		id: z.string().meta({ description: "`<conversation id>.<seq>`" }),
		conversationId: z.string(),
		senderId: z.string().meta({ description: "An alias in this conversation." }),
		senderName: z.string().optional(),
		senderType: z.enum(["customer", "agent", "bot", "system"]),
		content: z.string(),
		messageType: z.enum(["text", "image", "file", "system"]),
		createdAt: time,
		status: z.enum(["sent", "delivered", "read"]).meta({ description: "The least of what the other side has." }),
		seq: z.int(),
		audience: z.enum(["everyone", "staff"]),
		attachments: z
			.array(
				z.strictObject({
					url: z.string(),
					name: z.string().optional(),
					contentType: z.string().optional(),
					size: z.int().optional().meta({ description: "In bytes." }),
				}),
			)
			.readonly()
			.optional(),
		metadata: z.record(z.string(), z.json().optional()).optional(),
	})
	.meta({
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
	});

const seconds = z.int().min(0).optional();

/** What was counted of a conversation, as the API shows it. */
export const statistics: z.ZodType<Statistics> = z
	.strictObject({
		conversationId: z.string(),
		messages: z.int().meta({ description: "Those that everybody may read; some seconds late, like all of this." }),
		bySender: z.strictObject({ customer: z.int(), agent: z.int(), bot: z.int() }),
		attachments: z.int(),
		firstResponseSeconds: seconds.meta({
			description: "From the customer's first message to an agent's first answer.",
		}),
		firstAnswerSeconds: seconds.meta({ description: "The same, where a bot's counts as well." }),
		averageResponseSeconds: seconds.meta({ description: "How long the customer waited for an agent on average." }),
		responses: z.int().meta({ description: "How often an agent answered a customer who waited." }),
		resolutionSeconds: seconds.meta({ description: "From when it was opened to when it was closed last." }),
		durationSeconds: seconds.meta({ description: "From the first message to the last." }),
		firstMessageAt: time.optional(),
		lastMessageAt: time.optional(),
	})
	.meta({ id: "ConversationStatistics" });
