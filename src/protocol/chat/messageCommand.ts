import type { Command } from "../Dialect.js";
import type { Attachment } from "../envelope.js";
import { textRequest } from "../stentor.js";
import { isAddress } from "./frames.js";

/** A message as clients of the chat API and of REST send it. */
export interface SentMessage {
	readonly conversationId: string;
	readonly content: string;
	readonly messageType: "text" | "image" | "file";
	readonly messageId?: string;
	readonly attachments?: readonly Attachment[];
	/** The one file that it brings, in place of `attachments`. */
	readonly attachmentUrl?: string;
}

/**
 * What it asks for: the same by whatever way it came, so that it's the same message. Bots are told of files as well, by
 * the request's attributes.
 */
export function messageCommand(message: SentMessage): Extract<Command, { type: "message" }> {
	const { conversationId, content, messageType, messageId } = message;
	const request = textRequest(content);
	const files = filesOf(message);
	const format = messageType === "text" ? undefined : messageType;
	if (files || format) request.attributes = { attachments: files, messageType };
	return { type: "message", sessionId: conversationId, messageId, request, attachments: files, format };
}

/** A file or a picture whose content is an address is that file. */
function filesOf({ attachments, attachmentUrl, messageType, content }: SentMessage): readonly Attachment[] | undefined {
	if (attachments?.length) return attachments;
	if (attachmentUrl !== undefined) return [{ url: attachmentUrl }];
	return messageType !== "text" && isAddress(content) ? [{ url: content }] : undefined;
}
