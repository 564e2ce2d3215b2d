import { partsOf } from "../../delivery/identity.js";
import type { Session } from "../../delivery/Session.js";
import type { Attachment, Content, Entry } from "../../protocol/envelope.js";
import type { Json } from "../../storage/Storage.js";
import { SENDER_TYPES, type SenderType } from "../conversations/activity.js";
import { type Receipts, statusOf } from "./receipts.js";

/** What was said in a conversation, or has happened in it: an entry of its log as the CRM shows it. */
export interface Message {
	/** `<conversation id>.<seq>`. */
	readonly id: string;
	readonly conversationId: string;
	/** An alias in this conversation. */
	readonly senderId: string;
	readonly senderName?: string;
	/** `system`: it says what has happened. */
	readonly senderType: SenderType | "system";
	/** What a person reads. */
	readonly content: string;
	readonly messageType: "text" | "image" | "file" | "system";
	readonly createdAt: string;
	/** The least of what those on the other side have: the customer, or the agents who take part. */
	readonly status: "sent" | "delivered" | "read";
	/** Its place in the conversation: 1, 2, 3 …, with those between that aren't for everybody. */
	readonly seq: number;
	/** `staff`: a note, which customers never get. */
	readonly audience: "everyone" | "staff";
	readonly attachments?: readonly Attachment[];
	/** What a bot offers with its words, and a message's own. */
	readonly metadata?: { readonly [field: string]: Json | undefined };
}

/** Who reads: customers don't get what is for staff, and nobody what is for bots alone. */
export type Reader = "customer" | "staff";

/** Whether this reader gets an entry as a message. */
export function isShown({ audience, content }: Entry, reader: Reader): boolean {
	if (audience === "answerers" || (audience === "staff" && reader === "customer")) return false;
	return content.type === "message" || EVENTS[content.type] !== undefined;
}

/** What is told of what has happened; what isn't here is none of people's business. */
const EVENTS: { readonly [type in Content["type"]]?: string } = {
	joined: "joined the conversation",
	left: "left the conversation",
	closed: "closed the conversation",
	reopened: "reopened the conversation",
	archived: "archived the conversation",
	rated: "rated the conversation",
	failure: "could not answer",
	erased: "said something that was erased",
};

/** The message that an entry is. Of who takes part and how far they are, `session` and `receipts` tell. */
export function messageOf(entry: Entry, session: Session | undefined, receipts: Receipts): Message {
	const { seq, from, content, timeMs, audience } = entry;
	const { sessionId } = partsOf(entry.session);
	const isSaid = content.type === "message";
	const event = `${from.name ?? "Somebody"} ${EVENTS[content.type] ?? content.type}`;
	return {
		id: `${sessionId}.${seq}`,
		conversationId: sessionId,
		senderId: from.id,
		senderName: from.name,
		senderType: isSaid ? SENDER_TYPES[from.role] : "system",
		content: isSaid ? content.text : event,
		messageType: isSaid ? (content.format ?? "text") : "system",
		createdAt: new Date(timeMs).toISOString(),
		status: session ? statusOf(entry, session, receipts) : "sent",
		seq,
		audience: audience === "everyone" ? "everyone" : "staff",
		attachments: isSaid ? content.attachments : undefined,
		metadata: metadataOf(content),
	};
}

function metadataOf(content: Content): Message["metadata"] {
	if (content.type === "rated") return { rating: content.rating, comment: content.comment };
	if (content.type !== "message" || !content.response) return undefined;
	const { outputSpeech, displays } = content.response;
	const suggestions = typeof outputSpeech === "object" ? outputSpeech.suggestions : undefined;
	return suggestions || displays ? ({ suggestions, displays } as Message["metadata"]) : undefined;
}
