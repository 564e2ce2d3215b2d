import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Collection, Page, Query, Write } from "../../src/storage/Storage.js";

/** A storage that fails where a test says so, and whose indexes lag. */
export class Faulty extends MemoryStorage {
	/** Can't be barred. */
	unbarrable: string | undefined;
	/** Isn't shown yet by the index of customers' conversations. */
	hidden: string | undefined;

	override async transact(writes: readonly Write[]): Promise<void> {
		const isHit = (write: Write) => {
			const text = JSON.stringify(write);
			return text.includes('"barred"') && text.includes(`/${this.unbarrable}"`);
		};
		if (this.unbarrable !== undefined && writes.some(isHit)) throw new Error("Not now.");
		await super.transact(writes);
	}

	override async query<R extends object>(collection: Collection<R>, query: Query): Promise<Page<R>> {
		const page = await super.query(collection, query);
		if (query.index !== "byCustomer") return page;
		return { ...page, records: page.records.filter((each) => !("id" in each && each.id === this.hidden)) };
	}
}
