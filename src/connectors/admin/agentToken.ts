import * as z from "zod/mini";
import { APP_ID } from "../../apps/Apps.js";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import type { AgentIdentity, AgentTokenVerifier } from "./AdminConnector.js";

/** The `aud` of agents' tokens, so that a token made for another service with the same secret is none of ours. */
export const AGENT_AUDIENCE = "stentor-chat-router";

const ALGORITHM = "HS256";
const HALF_A_DAY_S = 12 * 60 * 60;
const SECRET_BYTES = 32;

export interface AgentTokenOptions {
	/** At least 32 bytes. */
	readonly secret: string;
	/** The agent's id: the same person, the same subject. */
	readonly subject: string;
	readonly name?: string;
	/** Default `"agent"`. */
	readonly role?: AgentIdentity["role"];
	/** The ids of the apps that it's good for. Default: all. */
	readonly apps?: readonly string[];
	/** Default 12 hours. */
	readonly lifetimeSeconds?: number;
	/** The number of the account that it is for, which ends it when it rises. Default: none, and nothing ends it early. */
	readonly version?: number;
}

const claims = atFirstUse(() =>
	z.object({
		sub: nonEmpty(LIMITS.idLength),
		exp: z.number(),
		role: z.enum(["agent", "admin"]),
		name: z.catch(z.optional(z.string().check(z.maxLength(LIMITS.nameLength))), undefined),
		apps: z.optional(z.array(z.string().check(z.regex(APP_ID)))),
		ver: z.optional(z.int().check(z.minimum(0))),
	}),
);

/** A token that lets an agent in (a JWT, HS256). Throws `RouterError` `configuration_invalid` for a short secret. */
export async function createAgentToken(options: AgentTokenOptions): Promise<string> {
	const { subject, name, role = "agent", apps, lifetimeSeconds = HALF_A_DAY_S, version } = options;
	const key = signingKey(options.secret);
	const { SignJWT } = await import("jose");
	const now = Math.floor(Date.now() / 1000);
	return new SignJWT({ role, name, apps, ver: version })
		.setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
		.setSubject(subject)
		.setAudience(AGENT_AUDIENCE)
		.setIssuedAt(now)
		.setExpirationTime(now + lifetimeSeconds)
		.sign(key);
}

/**
 * Verifies agents' tokens: signed with this secret by HS256 and nothing else, for our audience, with an end and a
 * subject, valid now. Throws `RouterError` `configuration_invalid` for a short secret.
 */
export function agentTokens(secret: string): AgentTokenVerifier {
	const key = signingKey(secret);
	return {
		async verify(token) {
			// Loaded when the first agent comes: it takes 30 ms, which a Lambda for visitors needn't pay.
			const { jwtVerify } = await import("jose");
			try {
				const { payload } = await jwtVerify(token, key, {
					algorithms: [ALGORITHM],
					audience: AGENT_AUDIENCE,
					requiredClaims: ["exp", "sub"],
				});
				const { sub, exp, ver, ...agent } = claims().parse(payload);
				return { subject: sub, until: exp, version: ver, ...agent };
			} catch (cause) {
				throw new RouterError("agent_token_invalid", undefined, { cause });
			}
		},
	};
}

/** The key of a secret. Throws `configuration_invalid` for a short one. */
export function signingKey(secret: string): Uint8Array {
	const key = new TextEncoder().encode(secret);
	if (key.length < SECRET_BYTES) {
		throw new RouterError("configuration_invalid", `JWT_SECRET must have at least ${SECRET_BYTES} bytes.`);
	}
	return key;
}
