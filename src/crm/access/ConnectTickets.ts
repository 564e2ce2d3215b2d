import { createHash, randomBytes } from "node:crypto";
import { CUSTOMERS_TICKET } from "../../connectors/Tickets.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import type { Actor } from "./Actor.js";
import { connectTickets } from "./records.js";

/** How long a ticket waits to be used, in seconds. */
export const TICKET_S = 60;

/** Tickets that stand in a socket's address in place of a token: short-lived, and good once, so that a log that has one has nothing. */
export class ConnectTickets {
	constructor(private readonly ports: { topic: string; storage: Storage; clock: () => number }) {}

	/**
	 * For somebody who was authorised already. `until`: when what they came with ends, in epoch seconds; what the ticket
	 * lets in ends then, too.
	 */
	async issue(actor: Actor, until?: number): Promise<{ readonly ticket: string; readonly expiresIn: number }> {
		const secret = randomBytes(32).toString("base64url");
		const ticket = actor.role === "customer" ? `${CUSTOMERS_TICKET}${secret}` : secret;
		const expires = Math.floor(this.ports.clock() / 1000) + TICKET_S;
		const record = { ticket: this.key(actor.app, ticket), actor, until, expires };
		await this.ports.storage.put(connectTickets, record, "absent");
		return { ticket, expiresIn: TICKET_S };
	}

	/** Whose it is; it's used up. Throws `token_invalid`. */
	async redeem(app: string, ticket: string): Promise<{ readonly actor: Actor; readonly until?: number }> {
		const key = this.key(app, ticket);
		const record = await this.ports.storage.get(connectTickets, [key]);
		if (!record) throw new RouterError("token_invalid");
		try {
			await this.ports.storage.delete(connectTickets, [key], [{ path: "ticket", eq: key }]);
		} catch (error) {
			// Of two that come with it at once, one is let in.
			throw error instanceof ConditionFailed ? new RouterError("token_invalid", undefined, { cause: error }) : error;
		}
		const { actor, until } = record;
		if (until !== undefined && until * 1000 <= this.ports.clock()) throw new RouterError("token_invalid");
		return { actor, until };
	}

	/** Under which a ticket is kept: who reads the storage can't use it. */
	key(app: string, ticket: string): string {
		return keyIn(scopeOf(this.ports.topic, app), createHash("sha256").update(ticket).digest("base64url"));
	}
}
