import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { RouterError } from "../../protocol/errors.js";

/** In a thread of its own, so that a large copy doesn't stop the server meanwhile. */
const COPY = `
const { workerData } = require("node:worker_threads");
const Database = require(workerData.libsql);
const database = new Database(workerData.source);
database.prepare("VACUUM INTO ?").run(workerData.target);
`;

/**
 * Writes a consistent copy of a database, which may be in use meanwhile, also by another process. The target must not
 * exist; it's complete and on disk when the promise resolves, and not there when it rejects (`storage_unavailable`).
 */
export async function backupDatabase(source: string, target: string): Promise<void> {
	await writeBackup(target, async (file) => {
		const worker = new Worker(COPY, {
			eval: true,
			workerData: { libsql: createRequire(import.meta.url).resolve("libsql"), source, target: file },
		});
		await new Promise<void>((resolve, reject) => worker.once("error", reject).once("exit", () => resolve()));
	});
}

/** Reserves the target, lets `copy` write another file beside it, and puts that in its place. */
export async function writeBackup(target: string, copy: (file: string) => Promise<void> | void): Promise<void> {
	const partial = `${target}.partial`;
	let reserved = false;
	try {
		closeSync(openSync(target, "wx"));
		reserved = true;
		rmSync(partial, { force: true });
		await copy(partial);
		const file = openSync(partial, "r+");
		fsyncSync(file);
		closeSync(file);
		renameSync(partial, target);
	} catch (error) {
		if (reserved) rmSync(target, { force: true });
		if (reserved) rmSync(partial, { force: true });
		const { message } = error as Error;
		throw new RouterError("storage_unavailable", `The backup ${target} can't be written: ${message}`, { cause: error });
	}
}
