import { agentUser, customerUser } from "../../connectors/chat/userIds.js";
import type { Person } from "../../delivery/Letterbox.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Actor } from "../access/Actor.js";
import type { Agents } from "../agents/Agents.js";
import { accountOf } from "../agents/account.js";
import { uploaderOf } from "../attachments/messageFiles.js";
import type { ConversationFields } from "./records.js";

export interface PersonsPorts {
	/** Keys what customers are called in sessions: the post office's. */
	readonly secret: string;
	readonly agents: Pick<Agents, "get">;
	readonly office: Pick<PostOffice, "session" | "participantOf">;
}

/** How a server is called that does something by itself. */
const SERVER = "API";

/** Who actors are in sessions: the same as at their sockets. */
export class Persons {
	constructor(private readonly ports: PersonsPorts) {}

	/** Who does something in a conversation. A server stands among its agents. */
	async of(actor: Actor, conversation: ConversationFields): Promise<Person> {
		switch (actor.role) {
			case "customer": {
				const user = this.visitor(conversation.appId, await this.visitorId(conversation));
				return { role: "visitor", ...this.customer(conversation), user };
			}
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
		return { user: this.visitor(appId, customerId), name, email, avatar };
	}

	/** The id of the customer that the conversation's session knows its visitor by: who was joined with another later is who they were. */
	async visitorId({ appId, id, customerId, knownAs = [] }: ConversationFields): Promise<string> {
		const { office } = this.ports;
		const session = knownAs.length > 0 ? await office.session(appId, id) : undefined;
		const isThere = (each: string) => {
			const name = office.participantOf(appId, id, { role: "visitor", user: this.visitor(appId, each) });
			return session?.participants.some((participant) => participant.id === name) ?? false;
		};
		return knownAs.find(isThere) ?? customerId;
	}

	/** What files are called their uploader's by. */
	uploader(actor: Actor): string {
		return uploaderOf(actor.role === "customer" ? "visitor" : "agent", this.userOf(actor));
	}

	/** The same, of files for this conversation. */
	async uploaderIn(actor: Actor, conversation: ConversationFields): Promise<string> {
		if (actor.role !== "customer") return this.uploader(actor);
		return uploaderOf("visitor", this.visitor(actor.app, await this.visitorId(conversation)));
	}

	private visitor(app: string, customerId: string): string {
		return customerUser(this.ports.secret, app, customerId);
	}

	private userOf(actor: Actor): string {
		if (actor.role === "customer") return this.visitor(actor.app, actor.customerId);
		return agentUser(actor.role === "server" ? `key/${actor.keyId}` : actor.agentId);
	}
}
