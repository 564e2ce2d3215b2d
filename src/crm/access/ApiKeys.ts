import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import { newId } from "../../delivery/identity.js";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import { parseInput } from "../records/input.js";
import { SCOPES, type ServerActor } from "./Actor.js";
import { type ApiKeyRecord, apiKeys } from "./records.js";

export const newApiKey = atFirstUse(() =>
	z.strictObject({
		name: z.string().check(z.trim(), z.minLength(1), z.maxLength(200)),
		scopes: z.array(z.enum(SCOPES)).check(z.minLength(1), z.maxLength(SCOPES.length)),
	}),
);

/** A key as it's listed: the key itself can't be read again. */
export type ApiKey = Pick<ApiKeyRecord, "id" | "name" | "scopes" | "createdAt">;

/** The app's id may hold dots; the other parts don't. */
const FORM = /^scr\.([\w.-]{1,64})\.([\w-]{1,64})\.([\w-]{43})$/;

/** Keys by which an owner's servers use the API. Only their hashes are kept. */
export class ApiKeys {
	constructor(private readonly ports: { topic: string; storage: Storage; clock: () => number }) {}

	/** Makes a key: `key` is told this once. Throws `invalid_input`. */
	async create(app: string, given: z.input<ReturnType<typeof newApiKey>>): Promise<ApiKey & { readonly key: string }> {
		const { name, scopes } = parseInput(newApiKey(), given);
		const id = newId();
		const secret = randomBytes(32).toString("base64url");
		const scope = scopeOf(this.ports.topic, app);
		const createdAt = new Date(this.ports.clock()).toISOString();
		const hash = hashOf(secret).toString("base64url");
		await this.ports.storage.put(
			apiKeys,
			{ apiKey: keyIn(scope, id), scope, id, name, hash, scopes, createdAt },
			"absent",
		);
		return { id, name, scopes, createdAt, key: `scr.${app}.${id}.${secret}` };
	}

	/** Who comes with this key. Throws `token_invalid`. */
	async verify(key: string): Promise<ServerActor> {
		const [, app, id, secret] = key.match(FORM) ?? [];
		if (app === undefined || id === undefined || secret === undefined) throw new RouterError("token_invalid");
		const record = await this.ports.storage.get(apiKeys, [keyIn(scopeOf(this.ports.topic, app), id)]);
		if (!record || !timingSafeEqual(hashOf(secret), Buffer.from(record.hash, "base64url"))) {
			throw new RouterError("token_invalid");
		}
		return { role: "server", app, keyId: id, scopes: record.scopes };
	}

	/** The oldest first. */
	async list(
		app: string,
		{ limit, cursor }: { readonly limit?: number; readonly cursor?: string } = {},
	): Promise<{ readonly keys: readonly ApiKey[]; readonly cursor?: string }> {
		const hash = scopeOf(this.ports.topic, app);
		const page = await this.ports.storage.query(apiKeys, { index: "byApp", hash, limit, cursor });
		const keys = page.records.map(({ id, name, scopes, createdAt }) => ({ id, name, scopes, createdAt }));
		return { keys, cursor: page.cursor };
	}

	/** The key is over at once. One that isn't there is over already. */
	async revoke(app: string, id: string): Promise<void> {
		await this.ports.storage.delete(apiKeys, [keyIn(scopeOf(this.ports.topic, app), id)]);
	}
}

function hashOf(secret: string): Buffer {
	return createHash("sha256").update(secret).digest();
}
