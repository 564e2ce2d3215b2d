import type { AnyCollection, Storage } from "../storage/Storage.js";
import { changeCases } from "./storage/changes.js";
import { conditionCases } from "./storage/conditions.js";
import { expiryCases } from "./storage/expiry.js";
import { feedCases } from "./storage/feed.js";
import { COLLECTIONS, given } from "./storage/given.js";
import { indexCases } from "./storage/indexes.js";
import { queryCases } from "./storage/queries.js";
import { recordCases } from "./storage/records.js";
import { transactionCases } from "./storage/transactions.js";

/**
 * The contract of `Storage` as tests. `test` is the runner's, e.g. jest's. `open` is called for each, with the
 * collections it needs and a clock in ms; the database may be shared, as each test uses keys of its own. The suite closes
 * what it opened.
 *
 * ```ts
 * storageSuite(test, async (collections, clock) => new MyStorage({ collections, clock }));
 * ```
 */
export function storageSuite(
	test: (name: string, run: () => Promise<void>) => void,
	open: (collections: readonly AnyCollection[], clock: () => number) => Promise<Storage>,
): void {
	const subjects = [
		recordCases,
		conditionCases,
		changeCases,
		expiryCases,
		queryCases,
		indexCases,
		transactionCases,
		feedCases,
	];
	for (const addCases of subjects) {
		addCases((name, run) =>
			test(name, async () => {
				const clock = { ms: Date.now() };
				const storage = await open(COLLECTIONS, () => clock.ms);
				try {
					await run(given(storage, clock));
				} finally {
					await storage.close();
				}
			}),
		);
	}
}
