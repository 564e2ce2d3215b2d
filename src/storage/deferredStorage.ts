import type { Storage } from "./Storage.js";

/**
 * A storage whose library is loaded beside other work: `load` is called at once, and every call waits for it. If it
 * failed, the next call loads again. `maxWrites` is the storage's own.
 */
export function deferredStorage(load: () => Promise<Storage>, maxWrites = 10): Storage {
	let loading: Promise<Storage> | undefined;
	const storage = (): Promise<Storage> => {
		loading ??= load().catch((error: unknown) => {
			loading = undefined;
			throw error;
		});
		return loading;
	};
	// Whoever calls first is told.
	storage().catch(() => {});
	// What is written is what it was when the call was made.
	return {
		maxWrites,
		get: async (collection, key) => (await storage()).get(collection, key),
		batchGet: async (collection, keys) => (await storage()).batchGet(collection, keys),
		async put(collection, record, condition) {
			const copy = structuredClone(record);
			return (await storage()).put(collection, copy, condition);
		},
		async update(collection, key, change, condition) {
			const copy = structuredClone(change);
			return (await storage()).update(collection, key, copy, condition);
		},
		delete: async (collection, key, condition) => (await storage()).delete(collection, key, condition),
		query: async (collection, query) => (await storage()).query(collection, query),
		async transact(writes) {
			const copy = structuredClone(writes);
			return (await storage()).transact(copy);
		},
		feed: async (collection, from, limit) => (await storage()).feed(collection, from, limit),
		close: async () => (await loading)?.close(),
	};
}
