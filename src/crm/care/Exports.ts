import type { PostOffice } from "../../delivery/PostOffice.js";
import { RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import type { Attachments } from "../attachments/Attachments.js";
import type { Attachment } from "../attachments/schema.js";
import { conversationActivity, withActivity } from "../conversations/activity.js";
import { type Conversation, conversations, customerConversationsKey, fieldsOf } from "../conversations/records.js";
import { type Customer, customerKey, customerOf, customers } from "../customers/records.js";
import { isShown, type Message, messageOf } from "../messages/Message.js";

export interface ExportPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly office: Pick<PostOffice, "history" | "session" | "receipts">;
	readonly attachments?: Pick<Attachments, "list">;
}

/** A line of an export: each is whole by itself. */
export type ExportLine =
	| { readonly type: "customer"; readonly data: Customer }
	| { readonly type: "conversation"; readonly data: Conversation }
	| { readonly type: "message"; readonly data: Message }
	/** `url`: where the file can be fetched. */
	| { readonly type: "file"; readonly data: Attachment & { readonly conversationId: string } }
	/** The last line: without it, the export was cut short. */
	| {
			readonly type: "end";
			readonly data: { readonly conversations: number; readonly messages: number; readonly files: number };
	  };

const PAGE = 50;

/** Everything that is kept of a customer, a page in memory at a time. */
export class Exports {
	constructor(private readonly ports: ExportPorts) {}

	/**
	 * The customer, then each conversation, the newest first, followed by its files and by what was said in it, notes of the
	 * staff too. Throws `customer_unknown` before the first line.
	 */
	async *customer(app: string, id: string): AsyncGenerator<ExportLine> {
		const { topic, storage } = this.ports;
		const record = await storage.get(customers, [customerKey(topic, app, id)]);
		if (!record) throw new RouterError("customer_unknown");
		const counts = { conversations: 0, messages: 0, files: 0 };
		yield { type: "customer", data: customerOf(record) };
		for await (const conversation of this.conversations(app, id)) {
			counts.conversations++;
			yield { type: "conversation", data: conversation };
			for await (const data of this.files(app, conversation.id)) {
				counts.files++;
				yield { type: "file", data: { ...data, conversationId: conversation.id } };
			}
			for await (const data of this.messages(app, conversation.id)) {
				counts.messages++;
				yield { type: "message", data };
			}
		}
		yield { type: "end", data: counts };
	}

	private async *conversations(app: string, customer: string): AsyncGenerator<Conversation> {
		const { topic, storage } = this.ports;
		const query = {
			index: "byCustomer",
			hash: customerConversationsKey(topic, app, customer),
			order: "desc",
			limit: PAGE,
		} as const;
		let cursor: string | undefined;
		do {
			const page = await storage.query(conversations, { ...query, cursor });
			const keys = page.records.map(({ conversation }) => [conversation] as const);
			const counted = keys.length > 0 ? await storage.batchGet(conversationActivity, keys) : [];
			for (const [i, record] of page.records.entries()) yield withActivity(fieldsOf(record), counted[i]);
			cursor = page.cursor;
		} while (cursor);
	}

	private async *files(app: string, conversation: string): AsyncGenerator<Attachment> {
		const { attachments } = this.ports;
		let cursor: string | undefined;
		do {
			const page = await attachments?.list(app, conversation, cursor);
			yield* page?.attachments ?? [];
			cursor = page?.cursor;
		} while (cursor);
	}

	private async *messages(app: string, conversation: string): AsyncGenerator<Message> {
		const { office } = this.ports;
		const [session, receipts] = await Promise.all([
			office.session(app, conversation),
			office.receipts(app, conversation),
		]);
		for await (const page of office.history(app, conversation)) {
			for (const entry of page) if (isShown(entry, "staff")) yield messageOf(entry, session, receipts);
		}
	}
}
