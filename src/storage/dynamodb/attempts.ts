import { RouterError } from "../../protocol/errors.js";
import { mayHaveHappened } from "./faults.js";

/** How often a write is tried that met another transaction on the same record, and the milliseconds it waits at most. */
const ROUNDS = 8;
const SHORTEST_PAUSE = 25;
const LONGEST_PAUSE = 1_000;

/** What the SDK's attempts at one command came to. */
export interface Attempts {
	/** An attempt may have been carried out although no answer came; what a later one finds may be its own doing. */
	unsure: boolean;
}

/** Where `watching` belongs: below the SDK's own retries, so that it sees each attempt. */
export const EACH_ATTEMPT = { step: "deserialize", priority: "high", name: "watching" } as const;

/**
 * A middleware that watches the attempts at a write. One that must not be repeated (it adds to a number) fails with
 * `storage_unavailable` as soon as an attempt may have been carried out, instead of being sent again.
 */
export function watching(attempts: Attempts, repeatable = true) {
	return <Request, Response>(next: (request: Request) => Promise<Response>) =>
		async (request: Request): Promise<Response> => {
			try {
				return await next(request);
			} catch (error) {
				if (!mayHaveHappened(error)) throw error;
				attempts.unsure = true;
				throw repeatable ? error : new Unrepeatable(error);
			}
		};
}

/** Has no `cause`, because the SDK looks for a reason to try again in there. */
class Unrepeatable extends RouterError {
	readonly original: unknown;

	constructor(original: unknown) {
		super("storage_unavailable", `DynamoDB did not answer, and adding again could add twice: ${String(original)}`);
		this.original = original;
	}
}

/** Calls until it answers something else than undefined, with growing random pauses. Throws `storage_unavailable`. */
export async function withPauses<T>(call: () => Promise<T | undefined>): Promise<T> {
	for (let round = 0; round < ROUNDS; round++) {
		const answer = await call();
		if (answer !== undefined) return answer;
		const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** round) * Math.random();
		await new Promise((resolve) => setTimeout(resolve, pause));
	}
	throw new RouterError("storage_unavailable", `DynamoDB was busy with these records, ${ROUNDS} times in a row.`);
}
