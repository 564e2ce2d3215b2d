import * as z from "zod/mini";
import type { AgentTokenVerifier } from "../../connectors/admin/AdminConnector.js";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import type { Agents } from "../agents/Agents.js";

/** Public-key algorithms only: with a symmetric one, the published key would be the secret. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

export interface OidcOptions {
	/** The `iss`: for Cognito `https://cognito-idp.<region>.amazonaws.com/<pool>`. */
	readonly issuer: string;
	/** The `aud`: the client's id at the provider. So ID tokens are taken; Cognito's access tokens have none. */
	readonly audience: string;
	/** Default: `<issuer>/.well-known/jwks.json`. */
	readonly jwksUri?: string;
	/** The app whose agents sign in there. */
	readonly app: string;
	readonly agents: Agents;
	/** The claim that lists a user's groups. Default `"cognito:groups"`. */
	readonly groupsClaim?: string;
	/** Who is in it is an admin. Default: nobody is. */
	readonly adminGroup?: string;
}

const claims = atFirstUse(() =>
	z.looseObject({
		exp: z.number(),
		email: z.string(),
		email_verified: z.union([z.literal(true), z.literal("true")]),
	}),
);

/**
 * Verifies ID tokens of an OpenID provider by its published keys. Who comes must be an agent of the app, by their
 * verified e-mail address. Throws `agent_token_invalid`.
 */
export function oidcTokens(options: OidcOptions): AgentTokenVerifier {
	const { issuer, audience, app, agents, groupsClaim = "cognito:groups", adminGroup } = options;
	const address = new URL(options.jwksUri ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`);
	let keys: ReturnType<typeof import("jose").createRemoteJWKSet> | undefined;
	return {
		async verify(token) {
			const { createRemoteJWKSet, jwtVerify } = await import("jose");
			// Kept for its cache: the keys are fetched when an unknown one is named.
			keys ??= createRemoteJWKSet(address);
			try {
				const { payload } = await jwtVerify(token, keys, {
					algorithms: ALGORITHMS,
					issuer,
					audience,
					requiredClaims: ["exp", "sub"],
				});
				const { email, exp } = claims().parse(payload);
				const agent = await agents.byEmail(app, email);
				if (!agent) throw new RouterError("agent_unknown", "No agent of this app has this e-mail address.");
				const groups = z.catch(z.array(z.string()), []).parse(payload[groupsClaim]);
				const role = adminGroup !== undefined && groups.includes(adminGroup) ? "admin" : "agent";
				return { subject: agent.id, until: exp, role, name: agent.name, apps: [app] };
			} catch (cause) {
				throw new RouterError("agent_token_invalid", undefined, { cause });
			}
		},
	};
}
