import { createHmac, hash, randomBytes } from "node:crypto";

const ID_BYTES = 16;
/** Random bytes for ids to come: asking the system for each costs more than making the id. */
let pool = Buffer.alloc(0);

/** A new id of 128 random bits. */
export function newId(): string {
	if (pool.length < ID_BYTES) pool = randomBytes(256 * ID_BYTES);
	const id = pool.toString("base64url", 0, ID_BYTES);
	pool = pool.subarray(ID_BYTES);
	return id;
}

/** The key of a session: begins with what it belongs to, so that nothing of one app is reachable from another. */
export function sessionKey(topic: string, app: string, sessionId: string): string {
	return `${topic}/${app}/${sessionId}`;
}

/** The parts of a session's key. Neither a topic nor an app's id holds a slash. */
export function partsOf(key: string): { topic: string; app: string; sessionId: string } {
	const first = key.indexOf("/");
	const second = key.indexOf("/", first + 1);
	return { topic: key.slice(0, first), app: key.slice(first + 1, second), sessionId: key.slice(second + 1) };
}

/** A name for a user that tells nothing about the user id; the same for the same `scope`. */
export function alias(secret: string, scope: string, user: string): string {
	return createHmac("sha256", secret).update(`${scope}\n${user}`).digest("base64url").slice(0, 22);
}

/** What somebody is called in a session: nobody can tell from it who they are elsewhere. */
export function participantId(secret: string, key: string, role: "visitor" | "agent", user: string): string {
	return `${role}-${alias(secret, `${role} ${key}`, user)}`;
}

/** What bots know somebody by: the same in all sessions of the app. */
export function personRef(secret: string, app: string, user: string): string {
	return `user-${alias(secret, app, user)}`;
}

/** What stands for a text where it's compared: 128 bits of its SHA-256. */
export function digest(text: string): string {
	return hash("sha256", text, "base64url").slice(0, 22);
}

/**
 * The key of the record that a message id has been used. Every message has one, and no other records are written in as
 * many places of a file: so it's short.
 */
export function messageIdKey(
	session: string,
	participant: string,
	messageId: string,
): readonly [session: string, message: string] {
	return [messageIdsOf(session), messageIdIn(participant, messageId)];
}

/** The key's range. */
export function messageIdIn(participant: string, messageId: string): string {
	return `${participant.slice(-PARTICIPANT_END)}/${messageId}`;
}

/** What the records of a session's message ids begin with. */
export function messageIdsOf(session: string): string {
	return digest(session).slice(0, SESSION_DIGEST);
}

/** 96 bits: never the same for two sessions. */
const SESSION_DIGEST = 16;
/** 48 bits: enough to tell the participants of one session from each other. */
const PARTICIPANT_END = 8;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** Whether a user id is a secret: holds a UUID. Another (an e-mail address in it, say) can be guessed and proves nothing. */
export function isSecret(user: string): boolean {
	return UUID.test(user);
}

const logIds = new Map<string, string>();
const LOG_IDS_KEPT = 10_000;

/** A session's id as logs may have it: it's its visitor's secret. */
export function logId(key: string): string {
	const known = logIds.get(key);
	if (known) return known;
	if (logIds.size >= LOG_IDS_KEPT) logIds.clear();
	const id = digest(key).slice(0, 10);
	logIds.set(key, id);
	return id;
}
