import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { RouterError } from "../../protocol/errors.js";
import { executeAside } from "./executeAside.js";

/**
 * Writes a consistent copy of a database, which may be in use meanwhile, also by another process. The target must not
 * exist; it's complete and on disk when the promise resolves, and not there when it rejects (`storage_unavailable`).
 */
export async function backupDatabase(source: string, target: string): Promise<void> {
	await writeBackup(target, async (file) => {
		await executeAside(source, [["VACUUM INTO ?", file]]);
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
