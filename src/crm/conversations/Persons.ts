import { agentUser, customerUser } from "../../connectors/chat/userIds.js";
import type { Person } from "../../delivery/Letterbox.js";
import type { Actor } from "../access/Actor.js";
import type { Agents } from "../agents/Agents.js";
import { accountOf } from "../agents/account.js";
import { uploaderOf } from "../attachments/messageFiles.js";
import type { ConversationFields } from "./records.js";

export interface PersonsPorts {
	/** Keys what customers are called in sessions: the post office's. */
	readonly secret: string;
	readonly agents: Pick<Agents, "get">;
}

/** How a server is called that does something by itself. */
const SERVER = "API";

/** Who actors are in sessions: the same as at their sockets. */
export class Persons {
	constructor(private readonly ports: PersonsPorts) {}

	/** Who does something in a conversation. A server stands among its agents. */
	async of(actor: Actor, conversation: Pick<ConversationFields, "appId" | "customerId" | "customer">): Promise<Person> {
		switch (actor.role) {
			case "customer":
				return { role: "visitor", ...this.customer(conversation) };
			case "server":
				return { role: "agent", user: this.userOf(actor), name: SERVER };
			default:
				return this.agent(actor.app, actor.agentId);
		}
	}

	async agent(app: string, agentId: string): Promise<Person> {
		const agent = await this.ports.agents.get(app, agentId);
		const account = agent && accountOf(agentId);
		return { role: "agent", user: agentUser(agentId), account, name: agent?.name, avatar: agent?.avatar };
	}

	customer({
		appId,
		customerId,
		customer,
	}: Pick<ConversationFields, "appId" | "customerId" | "customer">): Omit<Person, "role"> {
		const { name, email, avatar } = customer;
		return { user: customerUser(this.ports.secret, appId, customerId), name, email, avatar };
	}

	/** What files are called their uploader's by. */
	uploader(actor: Actor): string {
		return uploaderOf(actor.role === "customer" ? "visitor" : "agent", this.userOf(actor));
	}

	private userOf(actor: Actor): string {
		if (actor.role === "customer") return customerUser(this.ports.secret, actor.app, actor.customerId);
		return agentUser(actor.role === "server" ? `key/${actor.keyId}` : actor.agentId);
	}
}
