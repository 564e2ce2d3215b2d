import type { Storage } from "../../storage/Storage.js";
import { belongingOf } from "../conversations/belonging.js";
import type { ConversationPorts } from "../conversations/ConversationStore.js";
import { changed } from "../conversations/change.js";
import { conversations, customerConversationsKey, summaryOf } from "../conversations/records.js";
import { type Customer, customerKey, customers } from "../customers/records.js";
import { decided } from "../records/decided.js";

const PAGE = 50;

/** Conversations of a customer who becomes another one. */
export class JoinedConversations {
	private readonly storage: Storage;

	constructor(private readonly ports: ConversationPorts) {
		this.storage = ports.storage;
	}

	/**
	 * Makes the conversations of `from` the other's, one by one, each with its place in their counts. Answers whether all
	 * are; it stops where `isOver` says so.
	 */
	async move(app: string, from: string, into: Customer, isOver: () => boolean): Promise<boolean> {
		const query = {
			index: "byCustomer",
			hash: customerConversationsKey(this.ports.topic, app, from),
			limit: PAGE,
		} as const;
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(conversations, { ...query, cursor });
			for (const { conversation } of page.records) {
				if (isOver()) return false;
				await this.moveOne(app, conversation, from, into);
			}
			cursor = page.cursor;
		} while (cursor);
		return true;
	}

	private moveOne(app: string, conversation: string, from: string, into: Customer): Promise<void> {
		const { topic, clock, onChange } = this.ports;
		return decided(async () => {
			const before = await this.storage.get(conversations, [conversation]);
			// Moved, or gone: the index lags.
			if (before?.customerId !== from) return;
			const known = [...(before.knownAs ?? []), from];
			const changes = { customerId: into.id, customer: summaryOf(into), knownAs: known };
			const { write } = changed(before, changes, clock());
			const former = await this.storage.get(customers, [customerKey(topic, app, from)]);
			await this.storage.transact([
				{ update: conversations, key: [conversation], ...write },
				{
					update: customers,
					key: [customerKey(topic, app, into.id)],
					change: { add: [["totalConversations", 1]] },
					if: [{ path: "rev", exists: true }],
				},
				...(former
					? [
							{
								update: customers,
								key: [former.customer],
								change: { add: [["totalConversations", -1]] },
								if: [{ path: "rev", exists: true }],
							} as const,
						]
					: []),
			]);
			onChange?.({ app, id: before.id, before: belongingOf(before) });
		});
	}
}
