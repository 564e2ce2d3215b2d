import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { RouterError } from "../../protocol/errors.js";

/** In a thread of its own, and most of it before others have to wait for it. */
const EMPTY = `
const { parentPort, workerData } = require("node:worker_threads");
const Database = require(workerData.libsql);
const database = new Database(workerData.path);
database.prepare("PRAGMA busy_timeout = 5000").all();
database.prepare("PRAGMA wal_checkpoint(PASSIVE)").all();
const [{ busy }] = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
database.close();
parentPort.postMessage(busy);
`;

/**
 * Writes the log beside a database file into it and cuts it to nothing: what was overwritten since is in neither then.
 * Throws `storage_unavailable` where somebody reads or writes the file for long.
 */
export async function emptyLog(path: string): Promise<void> {
	const worker = new Worker(EMPTY, {
		eval: true,
		workerData: { libsql: createRequire(import.meta.url).resolve("libsql"), path },
	});
	let busy: unknown;
	worker.once("message", (answer) => {
		busy = answer;
	});
	try {
		await new Promise<void>((resolve, reject) => worker.once("error", reject).once("exit", () => resolve()));
	} catch (cause) {
		const { message } = cause as Error;
		throw new RouterError("storage_unavailable", `The log of ${path} can't be emptied: ${message}`, { cause });
	}
	if (busy !== 0) throw new RouterError("storage_unavailable", `The log of ${path} is being read; try again.`);
}
