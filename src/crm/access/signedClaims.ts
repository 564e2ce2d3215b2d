import type * as z from "zod/mini";
import { signingKey } from "../../connectors/admin/agentToken.js";
import { RouterError } from "../../protocol/errors.js";

const ALGORITHM = "HS256";

export interface Signing {
	/** At least 32 bytes. */
	readonly secret: string;
	/** The `aud`: what a token is for. One made for something else is refused. */
	readonly audience: string;
	/** Epoch milliseconds. */
	readonly clock: () => number;
}

/** A JWT (HS256) with these claims. Throws `configuration_invalid` for a short secret. */
export async function sign(
	{ secret, audience, clock }: Signing,
	claims: Readonly<Record<string, string | number | undefined>>,
	lifetimeSeconds: number,
): Promise<string> {
	const key = signingKey(secret);
	const { SignJWT } = await import("jose");
	const now = Math.floor(clock() / 1000);
	return new SignJWT(claims)
		.setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
		.setAudience(audience)
		.setIssuedAt(now)
		.setExpirationTime(now + lifetimeSeconds)
		.sign(key);
}

/** The claims of a token that's ours, for this audience, with an end, and valid now. Throws `token_invalid`. */
export async function verify<T>(
	{ secret, audience, clock }: Signing,
	token: string,
	claims: z.ZodMiniType<T>,
): Promise<T> {
	const key = signingKey(secret);
	const { jwtVerify } = await import("jose");
	try {
		const { payload } = await jwtVerify(token, key, {
			algorithms: [ALGORITHM],
			audience,
			requiredClaims: ["exp"],
			currentDate: new Date(clock()),
		});
		return claims.parse(payload);
	} catch (cause) {
		throw new RouterError("token_invalid", undefined, { cause });
	}
}
