import { chatDialect } from "../../protocol/chat/ChatDialect.js";
import type { Command } from "../../protocol/Dialect.js";
import { RouterError } from "../../protocol/errors.js";
import type { Admission, ConnectRequest, SocketConnector } from "../Connector.js";
import type { Desk } from "../Desk.js";
import { redeemStaffs } from "../redeemStaffs.js";
import { type StaffHolder, type Tickets, ticketIn } from "../Tickets.js";
import { chatUserOf } from "./chatUser.js";
import { agentUser } from "./userIds.js";

/** Tells whose token it is: an agent's. Throws `RouterError` `agent_token_invalid`. */
export interface ChatAgentVerifier {
	verify(token: string): Promise<{
		readonly subject: string;
		/** When the token ends, in epoch seconds. */
		readonly until?: number;
		/** Default `"agent"`. */
		readonly role?: "agent" | "admin";
		readonly name?: string;
		/** The ids of the apps that the agent works for. Default: all. */
		readonly apps?: readonly string[];
	}>;
}

/**
 * Agents at clients of the chat API: `user={"type":"agent"}` and a token, as the query's `token` or as
 * `Authorization: Bearer`, or a `ticket` alone. One connection serves all their conversations. What `user` claims proves nothing.
 */
export class ChatAgentConnector implements SocketConnector {
	readonly name = "chat-agent";
	readonly answers = false;
	readonly role = "agent";
	readonly dialect = chatDialect;
	readonly commands: readonly Command["type"][] = [
		"join",
		"leave",
		"message",
		"note",
		"typing",
		"bargeIn",
		"bargeOut",
		"close",
		"resume",
		"receipt",
		"subscribe",
		"unsubscribe",
		"ping",
	];

	/** `desk`: what they may subscribe to; `tickets`: what may stand in a token's place. Default: there are none. */
	constructor(
		private readonly tokens: ChatAgentVerifier,
		readonly desk?: Desk,
		private readonly tickets?: Tickets,
	) {}

	async admit({ app, query, headers }: ConnectRequest): Promise<Admission | undefined> {
		const ticket = ticketIn(query, "staff");
		// Widgets say `isAdmin`.
		if (ticket !== undefined && this.tickets && !query.isAdmin) {
			return admissionOf(await redeemStaffs(this.tickets, app.id, ticket));
		}
		if (query.user === undefined || chatUserOf(query.user).type !== "agent") return undefined;
		const token = query.token || headers.authorization?.match(/^Bearer +(\S+) *$/i)?.[1];
		if (!token) throw new RouterError("agent_token_required");
		const agent = await this.tokens.verify(token);
		if (agent.apps && !agent.apps.includes(app.id)) {
			throw new RouterError("agent_token_invalid", "The agent token is for other apps.");
		}
		return admissionOf(agent);
	}
}

function admissionOf({
	subject,
	role,
	until,
	name,
}: Omit<StaffHolder, "role"> & { role?: StaffHolder["role"] }): Admission {
	const isAdmin = role === "admin";
	return { user: agentUser(subject), account: `agent/${subject}`, isAdmin, proved: true, until, name };
}
