import * as z from "zod/mini";
import { atFirstUse } from "../atFirstUse.js";
import { LIMITS } from "../limits.js";
import { clientId } from "../router/frames.js";

/** An address that a browser would run, not read, is none. */
const address = atFirstUse(() =>
	z
		.string()
		.check(
			z.maxLength(LIMITS.urlLength),
			z.regex(/^(https?:\/\/|\/)[^\s<>"]+$/i, "must be an http or https address, or begin with a slash"),
		),
);

export function isAddress(text: string): boolean {
	return address().safeParse(text).success;
}

/** A file of a message. */
export const attachment = atFirstUse(() =>
	z.object({
		url: address(),
		name: z.optional(z.string().check(z.maxLength(LIMITS.nameLength))),
		contentType: z.optional(z.string().check(z.maxLength(LIMITS.nameLength))),
		size: z.optional(z.int().check(z.minimum(0))),
	}),
);

export const SAYS_SOMETHING = {
	path: ["content"],
	message: "must hold something to read, where nothing is attached",
};

/** Whether a message holds words, or brings a file. */
export function saysSomething(message: {
	readonly content: string;
	readonly attachments?: readonly unknown[];
	readonly attachmentUrl?: string;
}): boolean {
	const { content, attachments = [], attachmentUrl } = message;
	return /\S/.test(content) || attachments.length > 0 || attachmentUrl !== undefined;
}

/** What a client may send, by its action: the frame's `data`. */
export const clientActions = atFirstUse(() => {
	const messageId = z.optional(clientId);
	const seq = z.int().check(z.minimum(0));
	const content = z.string();
	const words = content.check(z.regex(/\S/, "must hold something to read"));
	const conversation = z.looseObject({ conversationId: clientId });
	const sendMessage = z
		.looseObject({
			conversationId: clientId,
			content,
			messageType: z._default(z.enum(["text", "image", "file"]), "text"),
			messageId,
			attachments: z.optional(z.array(attachment()).check(z.maxLength(LIMITS.attachments))),
			attachmentUrl: z.optional(address()),
		})
		.check(z.refine(saysSomething, SAYS_SOMETHING));

	return {
		sendMessage,
		typing: z.looseObject({ conversationId: clientId, isTyping: z.boolean() }),
		markRead: z.looseObject({
			conversationId: clientId,
			seq: z.optional(seq),
		}),
		closeConversation: conversation,
		rate: z.looseObject({
			conversationId: clientId,
			rating: z.int().check(z.minimum(1), z.maximum(5)),
			comment: z.optional(z.string().check(z.maxLength(LIMITS.commentLength))),
		}),
		resume: z.looseObject({
			conversationId: clientId,
			since: seq,
		}),
		join: conversation,
		leave: conversation,
		takeOver: conversation,
		giveBack: conversation,
		note: z.looseObject({ conversationId: clientId, content: words, messageId }),
		/** `since`: the newest `cursor` that the client has been told. */
		subscribe: z.optional(z.looseObject({ since: z.optional(z.string().check(z.maxLength(LIMITS.cursorLength))) })),
		unsubscribe: z.optional(z.looseObject({})),
		ping: z.optional(z.looseObject({})),
	} as const;
});

export type ClientAction = keyof ReturnType<typeof clientActions>;

/** A message as the chat API has it. */
export interface ChatMessage {
	/** `<conversationId>.<seq>`. */
	id: string;
	conversationId: string;
	/** The sender's alias in this conversation. */
	senderId: string;
	senderType: "customer" | "agent" | "bot";
	senderName?: string;
	content: string;
	messageType: "text" | "image" | "file";
	/** ISO 8601, UTC. */
	createdAt: string;
	status: "sent";
	/** What the client that sent it called it. */
	messageId: string;
	seq: number;
	/** The number of the entry before it that this reader may see. */
	prev: number;
	/** `staff`: a note. */
	audience: "everyone" | "staff";
	attachments?: readonly z.infer<ReturnType<typeof attachment>>[];
	/** What a bot offers besides its words. */
	metadata?: { suggestions?: readonly unknown[]; displays?: readonly unknown[] };
	/** Sent by this participant, from another of their endpoints. */
	own?: true;
}

/** The frames that a server sends; the greeting, `{conversationId, customerId, token?}`, has no type. */
export type ChatFrameType =
	| "message"
	| "typing"
	| "ack"
	| "error"
	| "status"
	| "read"
	| "delivered"
	| "resumed"
	| "conversation"
	| "subscribed"
	| "queue"
	| "pong";
