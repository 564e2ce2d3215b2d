import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Writes a file so that it's there whole or not at all, also after a power loss: to `partial` first, synced, then
 * renamed. Nothing stays if a chunk can't be had or written.
 */
export async function writeDurably(
	partial: string,
	target: string,
	chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
	const temporary = join(partial, randomUUID());
	try {
		const file = await open(temporary, "wx", 0o600);
		try {
			for await (const chunk of chunks) await file.appendFile(chunk);
			await file.sync();
		} finally {
			await file.close();
		}
		await mkdir(dirname(target), { recursive: true, mode: 0o700 });
		await rename(temporary, target);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
	await syncFolder(dirname(target));
}

/** Makes names durable. Windows keeps them by itself, and can't open a folder. */
async function syncFolder(path: string): Promise<void> {
	if (process.platform === "win32") return;
	const folder = await open(path, "r");
	try {
		await folder.sync();
	} finally {
		await folder.close();
	}
}
