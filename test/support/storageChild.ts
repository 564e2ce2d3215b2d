import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { ENTRIES } from "./entries.js";

/**
 * Run by tests as a process of its own, `node storageChild.mjs <path> <session>`: opens the database, prints "open", then
 * appends to the session with 20 writers at once until it's killed, and prints each number that was acknowledged.
 * If it can't open, it prints the error's code and message.
 */
const [, , path = "", session = ""] = process.argv;

try {
	const storage = await LibsqlStorage.open({ path, collections: [ENTRIES] });
	console.log("open");
	let next = 0;
	const writer = async () => {
		for (;;) {
			const seq = ++next;
			await storage.put(ENTRIES, { session, seq, text: "x".repeat(seq % 2_000) }, "absent");
			console.log(seq);
		}
	};
	await Promise.all(Array.from({ length: 20 }, writer));
} catch (error) {
	const { code, message } = error as { code?: string; message?: string };
	console.log(`${code}: ${message}`);
}
