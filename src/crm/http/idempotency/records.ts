import { defineCollection } from "../../../storage/Storage.js";

/** What came of a request that brought an `Idempotency-Key`. Neither the key nor the answer can be read from it. */
export interface IdempotencyRecord {
	/** `<topic>/<app>/<HMAC of who sent it and its key>`. */
	idempotencyKey: string;
	/** HMAC of the request. */
	request: string;
	/** For what the request makes. */
	newId: string;
	/** Who is working on it, and until when they count as alive, in epoch milliseconds. */
	worker: string;
	workingUntil: number;
	/** Encrypted by what only its sender knows: the key. */
	answer?: string;
	/** Epoch seconds. */
	expires: number;
}

export const idempotencyKeys = defineCollection<IdempotencyRecord>({
	name: "idempotencyKeys",
	key: { hash: "idempotencyKey" },
	expires: "expires",
});
