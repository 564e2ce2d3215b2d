import { sessionKey } from "../../delivery/identity.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import { entries } from "../../delivery/records.js";
import { RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { conversationActivity } from "../conversations/activity.js";
import { conversationKey, conversations } from "../conversations/records.js";
import type { Listing } from "../lists/Listing.js";
import { parseInput } from "../records/input.js";
import { isShown, type Message, messageOf, type Reader } from "./Message.js";
import { type MessageList, messageSchemas } from "./schema.js";
import { type Statistics, statisticsOf } from "./statistics.js";

export interface MessagePorts {
	readonly storage: Storage;
	readonly office: Pick<PostOffice, "topic" | "session" | "receipts">;
}

/** How often the log is read for one page: where nearly nothing of it is for this reader, or this sender's, it's shorter. */
const READS = 5;

/** What was said: the log of a conversation's session, as messages. */
export class Messages {
	constructor(private readonly ports: MessagePorts) {}

	/**
	 * The conversation's messages that this reader may see, of all senders or one, by default the newest first.
	 * Throws `conversation_unknown`.
	 */
	async list(app: string, conversation: string, reader: Reader, input: MessageList = {}): Promise<Listing<Message>> {
		const { limit, cursor, order, ...sender } = parseInput(messageSchemas().messageList, input);
		const { storage, office } = this.ports;
		const key = sessionKey(office.topic, app, conversation);
		const [session, receipts] = await Promise.all([
			office.session(app, conversation),
			office.receipts(app, conversation),
		]);
		if (!session) await this.assertKnown(app, conversation);
		const items: Message[] = [];
		let at = cursor === undefined ? undefined : seqOf(cursor);
		let isEnd = false;
		for (let reads = 0; reads < READS && items.length < limit && !isEnd; reads++) {
			const range = at === undefined ? undefined : order === "desc" ? { before: at } : { after: at };
			const page = await storage.query(entries, { hash: key, range, order, limit });
			isEnd = page.cursor === undefined;
			for (const entry of page.records) {
				if (items.length === limit) {
					isEnd = false;
					break;
				}
				at = entry.seq;
				if (!isShown(entry, reader)) continue;
				const message = messageOf(entry, session, receipts);
				if (isFrom(message, sender)) items.push(message);
			}
		}
		return isEnd || at === undefined ? { items } : { items, nextCursor: cursorAt(at) };
	}

	/** Throws `message_unknown`, also where this reader may not see it. */
	async get(app: string, id: string, reader: Reader): Promise<Message> {
		const parts = id.match(/^(.+)\.([1-9]\d{0,14})$/s);
		const [, conversation = "", seq] = parts ?? [];
		if (!parts) throw new RouterError("message_unknown");
		const { storage, office } = this.ports;
		const entry = await storage.get(entries, [sessionKey(office.topic, app, conversation), Number(seq)]);
		if (!entry || !isShown(entry, reader)) throw new RouterError("message_unknown");
		const [session, receipts] = await Promise.all([
			office.session(app, conversation),
			office.receipts(app, conversation),
		]);
		return messageOf(entry, session, receipts);
	}

	/** What was counted of a conversation, some seconds late; the log isn't read for it. Throws `conversation_unknown`. */
	async statistics(app: string, conversation: string): Promise<Statistics> {
		const key = [conversationKey(this.ports.office.topic, app, conversation)] as const;
		const [record, activity] = await Promise.all([
			this.ports.storage.get(conversations, key),
			this.ports.storage.get(conversationActivity, key),
		]);
		if (!record) throw new RouterError("conversation_unknown");
		return statisticsOf(record, activity);
	}

	/** One that was opened, and in which nobody has been yet, has no session. */
	private async assertKnown(app: string, conversation: string): Promise<void> {
		const record = await this.ports.storage.get(conversations, [
			conversationKey(this.ports.office.topic, app, conversation),
		]);
		if (!record) throw new RouterError("conversation_unknown");
	}
}

function isFrom(
	{ senderId, senderType }: Message,
	wanted: { readonly senderId?: string; readonly senderType?: string },
): boolean {
	return senderId === (wanted.senderId ?? senderId) && senderType === (wanted.senderType ?? senderType);
}

function cursorAt(seq: number): string {
	return Buffer.from(`seq ${seq}`).toString("base64url");
}

function seqOf(cursor: string): number {
	const seq = Buffer.from(cursor, "base64url")
		.toString()
		.match(/^seq (\d{1,15})$/)?.[1];
	if (seq === undefined) throw new RouterError("invalid_query", "The cursor is malformed, or of another list.");
	return Number(seq);
}
