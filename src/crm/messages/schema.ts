import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { attachment, SAYS_SOMETHING, saysSomething } from "../../protocol/chat/frames.js";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import { clientId } from "../../protocol/router/frames.js";

/** What is asked of messages, as schemas. */
export const messageSchemas = atFirstUse(() => {
	/** In which order messages are listed; `desc`: the newest first. */
	const messageOrder = z.enum(["asc", "desc"]);

	/** Whose messages are listed: of one kind, or one of them. */
	const listedSender = {
		senderType: z.optional(z.enum(["customer", "agent", "bot", "system"])),
		senderId: z.optional(nonEmpty(LIMITS.idLength)).with(z.meta({ description: "As in its messages." })),
	};

	/** Which part of a conversation's messages is asked for. */
	const messageList = z.strictObject({
		limit: z._default(z.int().check(z.minimum(1), z.maximum(100)), 50),
		/** The `nextCursor` of the page before; it belongs to the same order. */
		cursor: z.optional(nonEmpty(200)),
		order: z._default(messageOrder, "desc"),
		...listedSender,
	});

	const file = attachment();

	/** A message to be sent. */
	const newMessage = z
		.strictObject({
			conversationId: clientId,
			content: z._default(z.string().check(z.maxLength(LIMITS.frameBytes)), ""),
			messageType: z._default(z.enum(["text", "image", "file"]), "text"),
			messageId: z
				.optional(clientId)
				.with(z.meta({ description: "Sent again under the same one, it's the same message. Default: one of ours." })),
			attachments: z.optional(z.array(z.strictObject(file.shape)).check(z.maxLength(LIMITS.attachments))),
			attachmentUrl: z
				.optional(file.shape.url)
				.with(z.meta({ description: "The one file that it brings, in place of `attachments`." })),
			audience: z
				._default(z.enum(["everyone", "staff"]), "everyone")
				.with(z.meta({ description: "`staff`: a note, which customers never get and which brings no files." })),
			senderType: z.optional(z.enum(["customer", "agent"])).with(
				z.meta({
					description:
						"For whom a server speaks; people speak for themselves. Default: for itself, as one of the agents.",
				}),
			),
			senderId: z.optional(nonEmpty(LIMITS.idLength)).with(z.meta({ description: "The agent for whom it speaks." })),
		})
		.check(z.refine(saysSomething, SAYS_SOMETHING));

	return { messageOrder, listedSender, messageList, newMessage };
});

type Schemas = ReturnType<typeof messageSchemas>;
export type MessageList = z.input<Schemas["messageList"]>;
export type NewMessage = z.output<Schemas["newMessage"]>;
