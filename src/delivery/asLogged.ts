import type { Entry } from "../protocol/envelope.js";
import type { Storage } from "../storage/Storage.js";
import { entries } from "./records.js";

/** Streams bring what was said within seconds; what's older than this, in milliseconds, comes again. */
const FRESH_MS = 60_000;

/**
 * Entries that were read elsewhere, as the log has them by now where they come late: as they were inserted they hold what
 * may have been erased since. Those that the log has no longer are left out. What is erased within that time goes when
 * the erasing is done once more (`PostOffice.erase`).
 */
export async function asLogged(storage: Storage, given: readonly Entry[], now: number): Promise<readonly Entry[]> {
	const isLate = ({ timeMs }: Entry) => timeMs < now - FRESH_MS;
	if (!given.some(isLate)) return given;
	const found = await Promise.all(
		given.map((entry) => (isLate(entry) ? storage.get(entries, [entry.session, entry.seq]) : entry)),
	);
	return found.flatMap((entry) => entry ?? []);
}
