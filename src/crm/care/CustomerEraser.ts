import { asRouterError, ConditionFailed } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { scopeOf } from "../agents/records.js";
import type { Attachments } from "../attachments/Attachments.js";
import { conversations, customerConversationsKey } from "../conversations/records.js";
import type { Customers } from "../customers/Customers.js";
import { type CustomerRecord, customerIdentities, customerKey, customers, customerTags } from "../customers/records.js";
import { TagIndex } from "../lists/TagIndex.js";

export interface CustomerEraserPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly customers: Pick<Customers, "update">;
	/** By which name a customer uploads files. */
	readonly uploaderOf: (app: string, customerId: string) => string;
	readonly attachments?: Pick<Attachments, "eraseUnsent">;
	/** Erases a conversation; answers whether it's gone. */
	readonly conversation: (app: string, id: string) => Promise<boolean>;
}

const PAGE = 20;

/** Erases a customer with all their conversations. Each step may be taken again. */
export class CustomerEraser {
	private readonly tags: TagIndex;

	constructor(private readonly ports: CustomerEraserPorts) {
		this.tags = new TagIndex(ports.storage, customerTags);
	}

	/** Answers whether all of it is gone; it stops at the end of a conversation where `isOver` says so. */
	async erase(app: string, id: string, isOver: () => boolean): Promise<boolean> {
		const { topic, storage, attachments, uploaderOf } = this.ports;
		const key = [customerKey(topic, app, id)] as const;
		// Nothing new is begun with them meanwhile.
		await this.block(app, id);
		if (!(await this.conversations(app, id, isOver))) return false;
		await attachments?.eraseUnsent({ app, uploader: uploaderOf(app, id) });
		await this.identities(id);
		const record = await storage.get(customers, key);
		if (record) await this.untag(record);
		await storage.delete(customers, key);
		// One that was being opened when they were blocked.
		return this.conversations(app, id, isOver);
	}

	private async block(app: string, id: string): Promise<void> {
		try {
			await this.ports.customers.update(app, id, { status: "blocked" });
		} catch (error) {
			if (asRouterError(error).code !== "customer_unknown") throw error;
		}
	}

	private async conversations(app: string, id: string, isOver: () => boolean): Promise<boolean> {
		const { topic, storage, conversation } = this.ports;
		const query = { index: "byCustomer", hash: customerConversationsKey(topic, app, id), limit: PAGE } as const;
		let cursor: string | undefined;
		do {
			const page = await storage.query(conversations, { ...query, cursor });
			for (const each of page.records) {
				if (isOver() || !(await conversation(app, each.id))) return false;
			}
			cursor = page.cursor;
		} while (cursor);
		return true;
	}

	private untag({ appId, id, place, rev, tags = [] }: CustomerRecord): Promise<void> {
		const scope = scopeOf(this.ports.topic, appId);
		return this.tags.leave({ scope, id, place, rev: rev + 1, before: tags, after: [] });
	}

	private async identities(id: string): Promise<void> {
		const { storage } = this.ports;
		let cursor: string | undefined;
		do {
			const page = await storage.query(customerIdentities, { index: "byCustomer", hash: id, cursor });
			for (const { identity } of page.records) await this.forget(identity, id);
			cursor = page.cursor;
		} while (cursor);
	}

	private async forget(identity: string, id: string): Promise<void> {
		try {
			await this.ports.storage.delete(customerIdentities, [identity], [{ path: "id", eq: id }]);
		} catch (error) {
			// Gone, or somebody else's: the index lags.
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}
}
