import { createHash } from "node:crypto";
import { clientId } from "../protocol/router/frames.js";

/**
 * The user id of a connection. One that isn't in the form of a client's id (an e-mail address with an apostrophe, an
 * identity provider's `auth0|…`) is replaced by its hash: it stays the same person, and can stand in keys.
 */
export function userIdOf(given: string): string {
	return clientId.safeParse(given).success ? given : `~${createHash("sha256").update(given).digest("base64url")}`;
}
