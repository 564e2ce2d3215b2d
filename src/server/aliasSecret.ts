import { randomBytes } from "node:crypto";
import { defineCollection, type Storage } from "../storage/Storage.js";

interface ServerKeyRecord {
	name: string;
	secret: string;
}

export const serverKeys = defineCollection<ServerKeyRecord>({ name: "serverKeys", key: { hash: "name" } });

/**
 * The key of users' aliases, made with the database and kept in it: sessions know their visitors by these aliases, so a
 * backup without the key would be one that no visitor can come back to.
 */
export async function aliasSecretOf(storage: Storage): Promise<string> {
	const known = await storage.get(serverKeys, ["alias"]);
	if (known) return known.secret;
	const secret = randomBytes(32).toString("base64url");
	try {
		await storage.put(serverKeys, { name: "alias", secret }, "absent");
		return secret;
	} catch (error) {
		// Another process was first; or it's ours, and nobody said so.
		const written = await storage.get(serverKeys, ["alias"]);
		if (written) return written.secret;
		throw error;
	}
}
