import type { CustomerArrival, FrontDesk, Reception as Received } from "../../connectors/chat/FrontDesk.js";
import { RouterError } from "../../protocol/errors.js";
import type { CustomerTokens } from "../access/CustomerTokens.js";
import type { Conversations } from "./Conversations.js";
import type { Conversation } from "./records.js";

export interface ReceptionPorts {
	readonly conversations: Conversations;
	readonly customerTokens: CustomerTokens;
	/** `strict`: a conversation that's there is gone on with by its token only; `open`: its id and the e-mail will do. */
	readonly visitorAuth: "open" | "strict";
}

/** Receives customers of the chat API: each comes to a conversation of theirs. */
export class Reception implements FrontDesk {
	constructor(private readonly ports: ReceptionPorts) {}

	/** Throws `customer_blocked`, `token_invalid`. */
	async open({ app, email, name, conversationId, token }: CustomerArrival): Promise<Received> {
		const { conversations, customerTokens } = this.ports;
		const found = conversationId === undefined ? undefined : await this.find(app, conversationId);
		const proved = token === undefined ? undefined : await customerTokens.verify(app, token);
		if (proved && proved.conversationId !== conversationId) {
			throw new RouterError("token_invalid", "The token is for another conversation.");
		}
		const isTheirs = found && (proved ? proved.customerId === found.customerId : this.mayGoOn(found, email));
		// One that's somebody else's, or over, isn't told apart from one that never was.
		const id = !found || (isTheirs && found.status !== "archived") ? conversationId : undefined;
		const opened = await conversations.open(
			app,
			isTheirs ? { customerId: found.customerId } : { customer: { email, name } },
			{ id },
		);
		const { id: opensId, customerId } = opened.conversation;
		return {
			conversationId: opensId,
			customerId,
			peopleFirst: true,
			token: await customerTokens.issue(app, customerId, opensId),
		};
	}

	/** An e-mail address proves nothing: with it goes the conversation's id, which only who opened it knows. */
	private mayGoOn({ customer }: Conversation, email: string): boolean {
		return this.ports.visitorAuth === "open" && customer.email?.toLowerCase() === email.toLowerCase();
	}

	private async find(app: string, id: string): Promise<Conversation | undefined> {
		try {
			return await this.ports.conversations.get(app, id);
		} catch (error) {
			if (error instanceof RouterError && error.code === "conversation_unknown") return undefined;
			throw error;
		}
	}
}
