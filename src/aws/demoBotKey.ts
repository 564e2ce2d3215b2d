import { createHmac } from "node:crypto";

/** What the demo bot is asked with, the same in all functions. */
export function demoBotKey(jwtSecret: string): string {
	return createHmac("sha256", jwtSecret).update("demo-bot").digest("base64url");
}
