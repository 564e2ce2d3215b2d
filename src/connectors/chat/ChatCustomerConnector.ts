import { chatDialect } from "../../protocol/chat/ChatDialect.js";
import type { Command } from "../../protocol/Dialect.js";
import { RouterError } from "../../protocol/errors.js";
import { clientId } from "../../protocol/router/frames.js";
import type { Admission, ConnectRequest, SocketConnector } from "../Connector.js";
import { type CustomerHolder, type Tickets, ticketIn } from "../Tickets.js";
import { chatUserOf } from "./chatUser.js";
import type { FrontDesk } from "./FrontDesk.js";
import { customerUser } from "./userIds.js";

export interface ChatCustomerConnectorOptions {
	readonly frontDesk: FrontDesk;
	/** Keys what customers are called in sessions: nobody who knows a customer's id can come as them by another dialect. */
	readonly secret: string;
	/** What may stand in the place of `user` and `token`. Default: there are none. */
	readonly tickets?: Tickets;
}

/**
 * Customers at clients of the chat API, which connect with `user=<JSON>&conversationId=<id>`: each connection is for one
 * conversation, theirs or a new one. To be asked before connectors that read the query's `token`: here it's a
 * conversation's.
 */
export class ChatCustomerConnector implements SocketConnector {
	readonly name = "chat";
	readonly answers = false;
	readonly role = "visitor";
	readonly dialect = chatDialect;
	readonly commands: readonly Command["type"][] = ["message", "typing", "close", "rate", "resume", "receipt", "ping"];

	constructor(private readonly options: ChatCustomerConnectorOptions) {}

	async admit({ app, query }: ConnectRequest): Promise<Admission | undefined> {
		const ticket = this.options.tickets && ticketIn(query, "customer");
		const user = query.user === undefined ? undefined : chatUserOf(query.user);
		if (user?.type === "agent" || (!user && ticket === undefined)) return undefined;
		const wanted = query.conversationId || undefined;
		if (wanted !== undefined && !clientId.safeParse(wanted).success) {
			throw new RouterError("invalid_input", "`conversationId` isn't of the form of an id.");
		}
		const { frontDesk, secret } = this.options;
		const holder = ticket === undefined ? undefined : await this.holderOf(app.id, ticket);
		const name = user?.name || undefined;
		const came = { app: app.id, name, conversationId: wanted };
		const {
			conversationId,
			customerId,
			knownAs = customerId,
			token,
			peopleFirst,
		} = await frontDesk.open(
			holder ? { ...came, proved: holder } : { ...came, email: user?.email ?? "", token: query.token || undefined },
		);
		return {
			user: customerUser(secret, app.id, knownAs),
			account: `customer/${customerId}`,
			until: holder?.until,
			name,
			email: user?.email,
			session: conversationId,
			peopleFirst,
			greeting: { customerId, token },
		};
	}

	private async holderOf(app: string, ticket: string): Promise<CustomerHolder> {
		const holder = await this.options.tickets?.redeem(app, ticket);
		if (holder?.role !== "customer") throw new RouterError("token_invalid");
		return holder;
	}
}
