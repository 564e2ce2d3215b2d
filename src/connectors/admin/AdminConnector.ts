import type { Command } from "../../protocol/Dialect.js";
import { RouterError } from "../../protocol/errors.js";
import { routerDialect } from "../../protocol/router/RouterDialect.js";
import type { Admission, ConnectRequest, SocketConnector } from "../Connector.js";
import { redeemStaffs } from "../redeemStaffs.js";
import { type StaffHolder, type Tickets, ticketIn } from "../Tickets.js";
import { userIdOf } from "../userId.js";

/** Who an agent's token was made for. */
export interface AgentIdentity {
	readonly subject: string;
	/** When the token ends, in epoch seconds. */
	readonly until?: number;
	readonly role: "agent" | "admin";
	readonly name?: string;
	/** The ids of the apps that the agent works for. Default: all. */
	readonly apps?: readonly string[];
	/** Of the agent's account, when the token was made: a newer one there ends it. */
	readonly version?: number;
}

/** Tells whose token it is. Throws `RouterError` `agent_token_invalid`. */
export interface AgentTokenVerifier {
	verify(token: string): Promise<AgentIdentity>;
}

/**
 * Agents at the published widget (or another client of the router dialect): they watch, barge in and barge out.
 * The token comes as the query's `token` or as `Authorization: Bearer`; a `ticket` may stand in its place. What the URL claims proves nothing.
 */
export class AdminConnector implements SocketConnector {
	readonly name = "admin";
	readonly answers = false;
	readonly role = "agent";
	readonly dialect = routerDialect;
	readonly commands: readonly Command["type"][] = [
		"join",
		"leave",
		"message",
		"typing",
		"bargeIn",
		"bargeOut",
		"resume",
		"receipt",
		"ping",
	];

	/** `tickets`: what may stand in a token's place. Default: there are none. */
	constructor(
		private readonly tokens: AgentTokenVerifier,
		private readonly tickets?: Tickets,
	) {}

	async admit({ app, query, headers }: ConnectRequest): Promise<Admission | undefined> {
		const ticket = ticketIn(query, "staff");
		if (ticket !== undefined && this.tickets) {
			return admissionOf(await redeemStaffs(this.tickets, app.id, ticket), query.userId);
		}
		const token = query.token || bearer(headers.authorization);
		if (!token) {
			if (query.isAdmin?.toLowerCase() === "true") throw new RouterError("agent_token_required");
			return undefined;
		}
		const agent = await this.tokens.verify(token);
		if (agent.apps && !agent.apps.includes(app.id)) {
			throw new RouterError("agent_token_invalid", "The agent token is for other apps.");
		}
		return admissionOf(agent, query.userId);
	}
}

function admissionOf({ subject, role, until, name }: StaffHolder, device: string | undefined): Admission {
	// The device's id tells one agent's screens apart; it makes nobody another agent.
	const user = userIdOf(device ? `${subject}:${device}` : subject);
	return { user, account: `agent/${subject}`, isAdmin: role === "admin", proved: true, until, name };
}

function bearer(header: string | undefined): string | undefined {
	return header?.match(/^Bearer +(\S+) *$/i)?.[1];
}
