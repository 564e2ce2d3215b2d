import type { CustomerHolder, StaffHolder, Tickets } from "../../connectors/Tickets.js";
import { RouterError } from "../../protocol/errors.js";
import type { Agents } from "../agents/Agents.js";
import type { Accounts } from "./Accounts.js";
import type { StaffActor } from "./Actor.js";
import type { ConnectTickets } from "./ConnectTickets.js";

export interface SocketTicketsPorts {
	readonly tickets: ConnectTickets;
	readonly agents: Pick<Agents, "get">;
	readonly accounts: Pick<Accounts, "get">;
}

/** Lets in at sockets who got a ticket over REST, as what they are now. */
export class SocketTickets implements Tickets {
	constructor(private readonly ports: SocketTicketsPorts) {}

	/** Throws `token_invalid`: also where what the ticket was got with has been revoked since. */
	async redeem(app: string, ticket: string): Promise<StaffHolder | CustomerHolder> {
		const { actor, until } = await this.ports.tickets.redeem(app, ticket);
		if (actor.role === "server") throw new RouterError("token_invalid");
		if (actor.role !== "customer") return { ...(await this.staff(app, actor)), until };
		const { role, customerId, conversationId } = actor;
		return { role, customerId, conversationId, until };
	}

	private async staff(app: string, { role, agentId: subject, version }: StaffActor): Promise<StaffHolder> {
		const { agents, accounts } = this.ports;
		const [agent, account] = await Promise.all([agents.get(app, subject), accounts.get(app, subject)]);
		// Who has no account was proved by somebody else: by the command line, or an OpenID provider.
		if (version === undefined) return { role, subject, name: agent?.name };
		if (!agent || account.version !== version) {
			throw new RouterError("token_invalid", "What the ticket was got with was revoked; sign in again.");
		}
		return { role: account.role, subject, name: agent.name };
	}
}
