import type { Apps } from "../../apps/Apps.js";
import { RouterError } from "../../protocol/errors.js";
import type { Actor } from "../access/Actor.js";
import type { AgentAccess } from "../access/AgentAccess.js";
import type { ApiKeys } from "../access/ApiKeys.js";
import { CUSTOMER_AUDIENCE, type CustomerTokens } from "../access/CustomerTokens.js";
import { unprovedClaims } from "../access/unprovedClaims.js";
import { identityByHmac, identityByJwt, type VerifiedIdentity } from "../access/verifiedIdentity.js";
import { KnownActors } from "./KnownActors.js";

/** How a site vouches for its visitors. */
export interface IdentityPorts {
	/** What the app's site shares with us; undefined: it vouches for nobody. */
	secretOf(app: string): string | undefined | Promise<string | undefined>;
	/** The id of the customer whom the site means; they're made where they aren't known yet. */
	customerOf(app: string, identity: VerifiedIdentity): Promise<string>;
}

export interface AuthenticationPorts {
	readonly apps: Apps;
	readonly agentAccess: Pick<AgentAccess, "actor">;
	readonly customerTokens: Pick<CustomerTokens, "verify">;
	readonly apiKeys: Pick<ApiKeys, "verify">;
	/** Default: no site vouches for anybody. */
	readonly identity?: IdentityPorts;
	/** Epoch milliseconds. */
	readonly clock: () => number;
}

/** What a request says of who sends it. */
export interface Credentials {
	readonly authorization?: string;
	readonly apiKey?: string;
	readonly identityId?: string;
	readonly identityHmac?: string;
	/** The app that's meant; where there's one app only, it needn't be said. */
	readonly appId?: string;
}

export interface Authenticated {
	readonly app: string;
	/** Undefined: nobody says to be somebody. */
	readonly actor?: Actor;
	/** When what they came with ends, in epoch seconds; undefined: it doesn't by itself. */
	readonly until?: number;
}

const API_KEY = "scr.";
const BEARER = /^Bearer +(\S{1,8000})$/i;

/** Who sends a request, proved; and for which app. */
export class Authentication {
	private readonly known: KnownActors;

	constructor(private readonly ports: AuthenticationPorts) {
		this.known = new KnownActors(ports.clock);
	}

	/** Throws `unknown_app`, `agent_token_invalid`, `token_invalid`. */
	of(credentials: Credentials): Authenticated | Promise<Authenticated> {
		const { appId, authorization, apiKey } = credentials;
		if (authorization === undefined && apiKey === undefined) return this.withoutToken(credentials);
		// What they said as a whole: to take the token out of it each time takes longer than all else here.
		const said = authorization ?? `\n${apiKey}`;
		const token = () => (authorization === undefined ? (apiKey ?? "") : bearerOf(authorization));
		const key = appId === undefined ? said : `${appId}\n${said}`;
		return this.known.get(key, async () => this.byToken(token(), appId));
	}

	/** What was proved of them is to be proved anew with their next request. */
	forget(app: string, id: string): void {
		this.known.forget(app, id);
	}

	private async withoutToken({ appId, identityId, identityHmac }: Credentials): Promise<Authenticated> {
		const app = await this.appOf(appId);
		if (identityId === undefined || identityHmac === undefined) return { app };
		const proved = () => this.byHmac(app, identityId, identityHmac);
		return this.known.get(`${app}\n${identityHmac}\n${identityId}`, proved);
	}

	private async byToken(token: string, appId: string | undefined): Promise<Authenticated> {
		if (token.startsWith(API_KEY)) {
			const actor = await this.ports.apiKeys.verify(token);
			if ((await this.appOf(appId ?? actor.app)) !== actor.app) throw otherApp();
			return { app: actor.app, actor };
		}
		const app = await this.appOf(appId);
		// Whoever verifies the token refuses one without an end.
		const { aud, exp: until } = unprovedClaims(token);
		if (aud === CUSTOMER_AUDIENCE) return { app, actor: await this.ports.customerTokens.verify(app, token), until };
		const { identity, clock } = this.ports;
		const secret = aud === app && identity ? await identity.secretOf(app) : undefined;
		if (!identity || secret === undefined) {
			return { app, actor: await this.ports.agentAccess.actor(app, token), until };
		}
		const vouched = await identityByJwt({ secret, app, clock }, token);
		return { app, actor: { role: "customer", app, customerId: await identity.customerOf(app, vouched) }, until };
	}

	private async byHmac(app: string, id: string, hmac: string): Promise<Authenticated> {
		const { identity } = this.ports;
		const secret = await identity?.secretOf(app);
		if (!identity || secret === undefined) throw new RouterError("token_invalid", "No site vouches for anybody here.");
		const vouched = identityByHmac(secret, id, hmac);
		return { app, actor: { role: "customer", app, customerId: await identity.customerOf(app, vouched) } };
	}

	private async appOf(id: string | undefined): Promise<string> {
		const app = await this.ports.apps.get(id);
		if (!app) throw new RouterError("unknown_app");
		return app.id;
	}
}

function bearerOf(authorization: string): string {
	const [, token] = authorization.match(BEARER) ?? [];
	if (token === undefined) throw new RouterError("token_invalid", "Authorization must be: Bearer <token>.");
	return token;
}

function otherApp(): RouterError {
	return new RouterError("token_invalid", "The key is for another app.");
}
