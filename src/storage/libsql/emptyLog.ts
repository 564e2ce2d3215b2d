import { RouterError } from "../../protocol/errors.js";
import { executeAside } from "./executeAside.js";

/** Most of it is done before others have to wait for it. */
const EMPTY = [
	["PRAGMA busy_timeout = 5000"],
	["PRAGMA wal_checkpoint(PASSIVE)"],
	["PRAGMA wal_checkpoint(TRUNCATE)"],
] as const;

/**
 * Writes the log beside a database file into it and cuts it to nothing: what was overwritten since is in neither then.
 * Throws `storage_unavailable` where somebody reads or writes the file for long.
 */
export async function emptyLog(path: string): Promise<void> {
	let rows: Awaited<ReturnType<typeof executeAside>>;
	try {
		rows = await executeAside(path, EMPTY);
	} catch (cause) {
		const { message } = cause as Error;
		throw new RouterError("storage_unavailable", `The log of ${path} can't be emptied: ${message}`, { cause });
	}
	if (rows[0]?.busy !== 0) throw new RouterError("storage_unavailable", `The log of ${path} is being read; try again.`);
}
