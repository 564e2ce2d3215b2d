import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import type { CustomerActor } from "./Actor.js";
import { type Signing, sign, verify } from "./signedClaims.js";

/** The `aud` of customers' tokens. */
export const CUSTOMER_AUDIENCE = "stentor-chat-router/customer";
const LIFETIME_S = 30 * 24 * 60 * 60;

const claims = atFirstUse(() => {
	const id = nonEmpty(LIMITS.idLength);
	return z.object({ sub: id, app: id, conversation: id });
});

export interface CustomerTokenPorts extends Pick<Signing, "secret" | "clock"> {
	/** Who a customer is now who was joined with another one. Default: they're always who they were. */
	readonly currentOf?: (app: string, customerId: string) => Promise<string>;
}

/** Tokens that let a customer into one conversation, and no other. */
export class CustomerTokens {
	private readonly signing: Signing;

	/** `secret`: at least 32 bytes. */
	constructor(private readonly ports: CustomerTokenPorts) {
		const { secret, clock } = ports;
		this.signing = { secret, audience: CUSTOMER_AUDIENCE, clock };
	}

	/** Good for 30 days. */
	issue(app: string, customerId: string, conversationId: string): Promise<string> {
		return sign(this.signing, { sub: customerId, app, conversation: conversationId }, LIFETIME_S);
	}

	/** Throws `token_invalid`. */
	async verify(app: string, token: string): Promise<CustomerActor & { readonly conversationId: string }> {
		const { sub, app: madeFor, conversation } = await verify(this.signing, token, claims());
		if (madeFor !== app) throw new RouterError("token_invalid", "The token is for another app.");
		const customerId = (await this.ports.currentOf?.(app, sub)) ?? sub;
		return { role: "customer", app, customerId, conversationId: conversation };
	}
}
