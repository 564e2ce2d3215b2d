import * as z from "zod/mini";
import { createAgentToken } from "../../connectors/admin/agentToken.js";
import { newId } from "../../delivery/identity.js";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import type { Storage } from "../../storage/Storage.js";
import type { Agents } from "../agents/Agents.js";
import { type Agent, keyIn, scopeOf } from "../agents/records.js";
import type { Account, Accounts } from "./Accounts.js";
import type { Attempts } from "./Attempts.js";
import { signIns } from "./records.js";
import { type Signing, sign, verify } from "./signedClaims.js";

/** How long what one signs in to lasts, in seconds. */
export const ACCESS_TOKEN_S = 60 * 60;
export const REFRESH_TOKEN_S = 14 * 24 * 60 * 60;

const REFRESH_AUDIENCE = "stentor-chat-router/refresh";

export const login = atFirstUse(() =>
	z.strictObject({
		email: nonEmpty(254),
		password: nonEmpty(200),
	}),
);
type Login = z.output<ReturnType<typeof login>>;
export const refreshRequest = atFirstUse(() => z.strictObject({ refreshToken: nonEmpty(4_000) }));

const refreshClaims = atFirstUse(() => {
	const id = nonEmpty(LIMITS.idLength);
	return z.object({ sub: id, app: id, at: id, jti: id, ver: z.int() });
});

export interface SignInPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly clock: () => number;
	/** Signs the tokens; at least 32 bytes. */
	readonly secret: string;
	readonly agents: Agents;
	readonly accounts: Accounts;
	readonly attempts: Attempts;
}

export interface SignedIn {
	readonly agent: Agent;
	readonly role: Account["role"];
	readonly accessToken: string;
	/** Good once: it's answered by the next one. */
	readonly refreshToken: string;
	/** Of the access token, in seconds. */
	readonly expiresIn: number;
}

/** Agents and admins come in with a password, and stay in with refresh tokens. */
export class SignIn {
	private readonly signing: Signing;

	constructor(private readonly ports: SignInPorts) {
		const { secret, clock } = ports;
		this.signing = { secret, audience: REFRESH_AUDIENCE, clock };
	}

	/**
	 * `address`: where the request comes from, as far as it can be trusted.
	 * Throws `credentials_invalid`, `TooManyAttempts`.
	 */
	async login(app: string, { email, password }: Login, address: string): Promise<SignedIn> {
		const found = await this.confirm(app, { email, password }, address);
		const place = newId();
		const current = newId();
		const expires = Math.floor(this.ports.clock() / 1000) + REFRESH_TOKEN_S;
		const signIn = this.key(app, found.agent.id, place);
		await this.ports.storage.put(signIns, { signIn, current, expires }, "absent");
		return this.tokens(app, found.agent, found.account, { place, current });
	}

	/** Whose credentials these are, where nobody is signed in by them. Throws `credentials_invalid`, `TooManyAttempts`. */
	async confirm(
		app: string,
		{ email, password }: Login,
		address: string,
	): Promise<{ readonly agent: Agent; readonly account: Account }> {
		const { attempts, accounts } = this.ports;
		const name = email.trim().toLowerCase();
		await attempts.take(app, "address", address);
		await attempts.take(app, "email", name);
		const found = await accounts.check(app, email, password);
		if (!found) throw new RouterError("credentials_invalid");
		await attempts.forgive(app, "email", name);
		return found;
	}

	/**
	 * The next tokens for a refresh token. One that was used before ends what it belongs to: it's in two hands.
	 * Throws `token_invalid`.
	 */
	async refresh(app: string, refreshToken: string): Promise<SignedIn> {
		const { storage, agents, accounts, clock } = this.ports;
		const { sub, at: place, jti, ver } = await this.read(app, refreshToken);
		const [agent, account] = await Promise.all([agents.get(app, sub), accounts.get(app, sub)]);
		if (!agent || account.version !== ver) throw new RouterError("token_invalid", "The token was revoked.");
		const key = this.key(app, sub, place);
		const current = newId();
		const expires = Math.floor(clock() / 1000) + REFRESH_TOKEN_S;
		try {
			await storage.update(
				signIns,
				[key],
				{
					set: [
						["current", current],
						["expires", expires],
					],
				},
				[{ path: "current", eq: jti }],
			);
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
			await storage.delete(signIns, [key]);
			throw new RouterError("token_invalid", "The token was used before; sign in again.", { cause: error });
		}
		return this.tokens(app, agent, account, { place, current });
	}

	/** Ends a sign-in. Its access token lasts until its end; `Accounts.revoke` ends that too. Throws `token_invalid`. */
	async logout(app: string, refreshToken: string): Promise<{ readonly id: string; readonly role: Account["role"] }> {
		const { sub, at: place } = await this.read(app, refreshToken);
		await this.ports.storage.delete(signIns, [this.key(app, sub, place)]);
		return { id: sub, role: (await this.ports.accounts.get(app, sub)).role };
	}

	private async read(app: string, refreshToken: string): Promise<z.output<ReturnType<typeof refreshClaims>>> {
		const claims = await verify(this.signing, refreshToken, refreshClaims());
		if (claims.app !== app) throw new RouterError("token_invalid", "The token is for another app.");
		return claims;
	}

	private async tokens(
		app: string,
		agent: Agent,
		{ role, version }: Account,
		{ place, current }: { readonly place: string; readonly current: string },
	): Promise<SignedIn> {
		const { secret } = this.ports;
		const { id: subject, name } = agent;
		const [accessToken, refreshToken] = await Promise.all([
			createAgentToken({ secret, subject, name, role, apps: [app], lifetimeSeconds: ACCESS_TOKEN_S, version }),
			sign(this.signing, { sub: subject, app, at: place, jti: current, ver: version }, REFRESH_TOKEN_S),
		]);
		return { agent, role, accessToken, refreshToken, expiresIn: ACCESS_TOKEN_S };
	}

	private key(app: string, agentId: string, place: string): string {
		return keyIn(scopeOf(this.ports.topic, app), `${agentId}/${place}`);
	}
}
