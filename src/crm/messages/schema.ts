import * as z from "zod";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { attachment, SAYS_SOMETHING, saysSomething } from "../../protocol/chat/frames.js";
import { LIMITS } from "../../protocol/limits.js";
import { clientId } from "../../protocol/router/frames.js";

/** What is asked of messages, as schemas. */
export const messageSchemas = atFirstUse(() => {
	/** In which order messages are listed; `desc`: the newest first. */
	const messageOrder = z.enum(["asc", "desc"]);

	/** Whose messages are listed: of one kind, or one of them. */
	const listedSender = {
		senderType: z.enum(["customer", "agent", "bot", "system"]).optional(),
		senderId: z.string().min(1).max(LIMITS.idLength).optional().meta({ description: "As in its messages." }),
	};

	/** Which part of a conversation's messages is asked for. */
	const messageList = z.strictObject({
		limit: z.number().int().min(1).max(100).default(50),
		/** The `nextCursor` of the page before; it belongs to the same order. */
		cursor: z.string().min(1).max(200).optional(),
		order: messageOrder.default("desc"),
		...listedSender,
	});

	const file = attachment();

	/** A message to be sent. */
	const newMessage = z
		.strictObject({
			conversationId: clientId,
			content: z.string().max(LIMITS.frameBytes).default(""),
			messageType: z.enum(["text", "image", "file"]).default("text"),
			messageId: clientId
				.optional()
				.meta({ description: "Sent again under the same one, it's the same message. Default: one of ours." }),
			attachments: z.array(z.strictObject(file.shape)).max(LIMITS.attachments).optional(),
			attachmentUrl: file.shape.url
				.optional()
				.meta({ description: "The one file that it brings, in place of `attachments`." }),
			audience: z
				.enum(["everyone", "staff"])
				.default("everyone")
				.meta({ description: "`staff`: a note, which customers never get and which brings no files." }),
			senderType: z.enum(["customer", "agent"]).optional().meta({
				description:
					"For whom a server speaks; people speak for themselves. Default: for itself, as one of the agents.",
			}),
			senderId: z
				.string()
				.min(1)
				.max(LIMITS.idLength)
				.optional()
				.meta({ description: "The agent for whom it speaks." }),
		})
		.refine(saysSomething, SAYS_SOMETHING);

	return { messageOrder, listedSender, messageList, newMessage };
});

type Schemas = ReturnType<typeof messageSchemas>;
export type MessageList = z.input<Schemas["messageList"]>;
export type NewMessage = z.output<Schemas["newMessage"]>;
