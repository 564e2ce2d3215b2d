import { setTimeout as pause } from "node:timers/promises";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";

/** How often a change that lost a race is decided anew. */
const TRIES = 12;
const FIRST_DELAY_MS = 5;
const LONGEST_DELAY_MS = 200;

/**
 * Reads, decides and writes, again while somebody else was faster. `attempt` answers what came of it, or throws
 * `ConditionFailed`. Throws what it throws otherwise; `storage_unavailable` when the race is lost for ever.
 */
export async function decided<T>(attempt: () => Promise<T>): Promise<T> {
	for (let tries = 1; ; tries++) {
		try {
			return await attempt();
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
			if (tries === TRIES) throw new RouterError("storage_unavailable", undefined, { cause: error });
		}
		await pause(Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries));
	}
}

/** Throws `record_changed` unless the record still is as its reader had it; without a `rev` any will do. */
export function assertRev(record: { readonly rev: number }, rev: number | undefined): void {
	if (rev !== undefined && rev !== record.rev) throw new RouterError("record_changed");
}
