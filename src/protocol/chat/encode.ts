import type { Reader, Signal } from "../Dialect.js";
import { type Content, type Entry, prevFor, type Role, type Sender } from "../envelope.js";
import { ERRORS, type ErrorCode } from "../errors.js";
import type { StentorResponse } from "../stentor.js";
import type { ChatFrameType, ChatMessage } from "./frames.js";

const SENDER_TYPE: Record<Role, ChatMessage["senderType"]> = { visitor: "customer", agent: "agent", answerer: "bot" };

/** An entry of the log as a frame for this reader; undefined where the dialect has no form for it. */
export function encodeEntry(conversationId: string, entry: Entry, reader: Reader): string | undefined {
	if (entry.content.type === "message") return frame("message", messageOf(conversationId, entry, reader));
	const event = eventOf(entry.content);
	if (!event) return undefined;
	return frame("status", {
		conversationId,
		...event,
		...who(entry.from),
		createdAt: new Date(entry.timeMs).toISOString(),
		seq: entry.seq,
		prev: prevFor(reader.role, entry),
		own: reader.own || undefined,
	});
}

function messageOf(
	conversationId: string,
	{ seq, prev, from, messageId, timeMs, audience, content }: Entry,
	{ role, own }: Pick<Reader, "role" | "own">,
): ChatMessage | undefined {
	if (content.type !== "message") return undefined;
	// Field by field: V8 copies an object with `...` five times as slowly as it writes it as JSON.
	const message: ChatMessage = {
		id: `${conversationId}.${seq}`,
		conversationId,
		senderId: from.id,
		senderType: SENDER_TYPE[from.role],
		senderName: from.name,
		content: content.text,
		messageType: content.format ?? "text",
		createdAt: new Date(timeMs).toISOString(),
		status: "sent",
		messageId,
		seq,
		prev: prevFor(role, { seq, prev }),
		audience: audience === "everyone" ? "everyone" : "staff",
	};
	if (content.attachments) message.attachments = content.attachments;
	if (content.response) message.metadata = offeredBy(content.response);
	if (own) message.own = true;
	return message;
}

function offeredBy({ outputSpeech, displays }: StentorResponse): ChatMessage["metadata"] {
	const suggestions = typeof outputSpeech === "object" ? outputSpeech.suggestions : undefined;
	return suggestions || displays ? { suggestions, displays } : undefined;
}

/** What has happened in the conversation besides messages; undefined for what's none of a client's business. */
function eventOf(content: Content): Record<string, unknown> | undefined {
	switch (content.type) {
		case "joined":
			return { event: "joined" };
		case "left":
			return { event: "left", reason: content.reason };
		case "closed":
			return { event: "closed", status: "closed" };
		case "reopened":
			return { event: "reopened", status: "open" };
		case "archived":
			return { event: "archived", status: "archived" };
		case "rated":
			return { event: "rated", rating: content.rating, comment: content.comment };
		case "failure":
			return { event: "failed", error: content.error };
		case "erased":
			return { event: "erased" };
		case "message":
		case "launch":
		case "handOff":
			return undefined;
	}
}

/** A signal as a frame. */
export function encodeSignal(conversationId: string | undefined, signal: Signal): string {
	switch (signal.type) {
		case "greeting": {
			const { customerId, token } = signal.greeting;
			return JSON.stringify({ conversationId, customerId, token });
		}
		case "sessionCreated":
			return frame("status", { conversationId, event: "ready" });
		case "sessionRefused":
			return refusal(conversationId, signal.code, signal.error);
		case "joined":
		case "left":
			return frame("status", { conversationId, event: signal.type, ...who(signal.who) });
		case "typing":
			return frame("typing", { conversationId, ...who(signal.who), isTyping: signal.on });
		case "retrying": {
			const { tries, delayMs, error } = signal;
			return frame("status", { conversationId, event: "retrying", ...who(signal.who), tries, delayMs, error });
		}
		case "ack": {
			const { messageId, seq, entry } = signal;
			const message = messageOf(conversationId ?? "", entry, { role: entry.from.role, own: true });
			return frame("ack", { messageId, conversationId, seq, message });
		}
		case "erased":
			return frame("status", { conversationId, event: "erased", upTo: signal.seq });
		case "resumed":
			return frame("resumed", { conversationId, recovered: signal.recovered, seq: signal.seq });
		case "receipt":
			return receipt(conversationId, signal);
		case "refused":
			return refusal(conversationId, signal.code, signal.error, signal.messageId);
		case "conversation": {
			const { conversationId: id, event, conversation, cursor } = signal;
			return frame("conversation", { conversationId: id, event, conversation, cursor });
		}
		case "subscribed":
			return frame("subscribed", { recovered: signal.recovered, cursor: signal.cursor });
		case "queue":
			return frame("queue", { conversationId, position: signal.position, waitSeconds: signal.waitSeconds });
		case "pong":
			return frame("pong");
	}
}

/** What is read has been delivered, too. */
function receipt(
	conversationId: string | undefined,
	{ who: reader, delivered, read }: Extract<Signal, { type: "receipt" }>,
): string {
	if (read === undefined) return frame("delivered", { conversationId, ...who(reader), seq: delivered });
	return frame("read", { conversationId, ...who(reader), seq: read, delivered });
}

/** What a conversation that's somebody else's isn't told apart by from one that isn't there. */
const NO_CONVERSATION: ReadonlySet<ErrorCode> = new Set(["session_unknown", "session_forbidden"]);

function refusal(conversationId: string | undefined, given: ErrorCode, error: string, messageId?: string): string {
	const isNone = NO_CONVERSATION.has(given);
	const code = isNone ? "conversation_unknown" : given;
	const message = isNone ? ERRORS[code].means : error;
	return frame("error", { code, message, retryable: ERRORS[code].retryable, conversationId, messageId });
}

function frame(type: ChatFrameType, data?: object): string {
	return JSON.stringify({ type, data });
}

function who({ id, role, name }: Sender): { senderId: string; senderType: string; senderName?: string } {
	return { senderId: id, senderType: SENDER_TYPE[role], senderName: name };
}
