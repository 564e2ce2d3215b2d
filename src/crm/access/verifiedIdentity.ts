import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import { signingKey } from "../../connectors/admin/agentToken.js";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import { agentSchemas } from "../agents/schema.js";
import { verify } from "./signedClaims.js";

/** Who a visitor is, as the site they are signed in at vouches for. */
export interface VerifiedIdentity {
	/** The site's own id of them. */
	readonly id: string;
	readonly email?: string;
	readonly name?: string;
}

const claims = atFirstUse(() =>
	z.object({
		sub: nonEmpty(LIMITS.idLength),
		email: z.optional(agentSchemas().email),
		name: z.optional(z.string().check(z.maxLength(LIMITS.nameLength))),
	}),
);

/**
 * By a JWT (HS256) that the site's server made with the secret it shares with us: `sub`, `exp`, and the app's id as
 * `aud` are required. That secret must not be `JWT_SECRET`: who has it could make agents. Throws `token_invalid`, `configuration_invalid` for a secret under 32 bytes.
 */
export async function identityByJwt(
	options: { readonly secret: string; readonly app: string; readonly clock: () => number },
	token: string,
): Promise<VerifiedIdentity> {
	const { secret, app, clock } = options;
	const { sub, email: address, name } = await verify({ secret, audience: app, clock }, token, claims());
	return { id: sub, email: address, name };
}

/**
 * By the hex HMAC-SHA256 of the id under the shared secret. It never ends and proves the id alone: an e-mail that comes
 * with it is only claimed. Throws `token_invalid`, `configuration_invalid` for a secret under 32 bytes.
 */
export function identityByHmac(secret: string, given: string, hmac: string): VerifiedIdentity {
	const expected = createHmac("sha256", signingKey(secret)).update(given).digest();
	const found = Buffer.from(/^[0-9a-f]{64}$/i.test(hmac) ? hmac : "", "hex");
	const isTheirs = found.length === expected.length && timingSafeEqual(found, expected);
	if (!isTheirs || !claims().shape.sub.safeParse(given).success) throw new RouterError("token_invalid");
	return { id: given };
}
