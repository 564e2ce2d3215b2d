import type { Apps } from "../apps/Apps.js";
import type { BlobStore } from "../blobs/BlobStore.js";
import type { AgentTokenVerifier } from "../connectors/admin/AdminConnector.js";
import type { FrontDesk } from "../connectors/chat/FrontDesk.js";
import type { PostOffice } from "../delivery/PostOffice.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Storage } from "../storage/Storage.js";
import { Accounts } from "./access/Accounts.js";
import { AgentAccess } from "./access/AgentAccess.js";
import { ApiKeys } from "./access/ApiKeys.js";
import { Attempts } from "./access/Attempts.js";
import { ConnectTickets } from "./access/ConnectTickets.js";
import { CustomerTokens } from "./access/CustomerTokens.js";
import type { ScryptCost } from "./access/password.js";
import { SignIn } from "./access/SignIn.js";
import { Agents } from "./agents/Agents.js";
import { AgentUpkeep } from "./agents/AgentUpkeep.js";
import { Assignments } from "./agents/Assignments.js";
import { Availability } from "./agents/Availability.js";
import { Attachments } from "./attachments/Attachments.js";
import { Conversations } from "./conversations/Conversations.js";
import { ConversationProjection } from "./conversations/projection.js";
import { Reception, type ReceptionPorts } from "./conversations/Reception.js";
import { Customers } from "./customers/Customers.js";
import { Messages } from "./messages/Messages.js";

/** What a post office's connectors ask the CRM: who may come in. */
export interface Doors {
	/** Whose an agent's token is. */
	readonly agents: AgentAccess;
	/** Receives customers. */
	readonly frontDesk: FrontDesk;
	readonly tickets: ConnectTickets;
}

export interface CrmPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly blobs: BlobStore;
	readonly apps: Apps;
	readonly monitor: Monitor;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** Signs the tokens of agents and customers; at least 32 bytes. */
	readonly secret: string;
	readonly visitorAuth: ReceptionPorts["visitorAuth"];
	/** Verifies agents' tokens that aren't signed by the secret, such as an OIDC provider's. Default: there are none. */
	readonly agentTokens?: (agents: Agents) => AgentTokenVerifier;
	/** What hashing a password takes. Default: `SCRYPT_COST`. */
	readonly cost?: ScryptCost;
	/** Makes the post office, on the same storage and topic, whose conversations these are. */
	office(doors: Doors): PostOffice;
}

/** Everything that the CRM knows and does; one for a process and topic. Its records are `crmCollections`. */
export class Crm {
	readonly office: PostOffice;
	readonly customers: Customers;
	readonly conversations: Conversations;
	readonly messages: Messages;
	readonly attachments: Attachments;
	readonly agents: Agents;
	readonly availability: Availability;
	readonly assignments: Assignments;
	readonly accounts: Accounts;
	readonly access: AgentAccess;
	readonly signIn: SignIn;
	readonly apiKeys: ApiKeys;
	readonly tickets: ConnectTickets;
	readonly customerTokens: CustomerTokens;
	private readonly agentUpkeep: AgentUpkeep;
	private readonly toldOfRevoked: ((app: string, agentId: string) => void)[] = [];

	constructor(private readonly ports: CrmPorts) {
		const { storage, clock, secret, visitorAuth } = ports;
		this.customers = new Customers(storage, clock);
		const conversations = new Conversations(ports);
		this.conversations = conversations;
		this.attachments = new Attachments(ports);

		const freed = (app: string, agentId: string) => void this.assignments.dispatch(app, agentId);
		const agents = new Agents({ ...ports, freed });
		this.agents = agents;
		this.availability = new Availability({ ...ports, freed });
		this.assignments = new Assignments({ ...ports, availability: this.availability });
		this.agentUpkeep = new AgentUpkeep({
			...ports,
			availability: this.availability,
			assignments: this.assignments,
			conversations,
		});

		const onRevoked = (app: string, agentId: string) => {
			for (const told of this.toldOfRevoked) told(app, agentId);
			const ended = this.office.end(app, `agent/${agentId}`, { code: "agent_token_invalid" });
			ended.catch((error: unknown) => ports.monitor.error("ending connections failed", error, { app }));
		};
		const accounts = new Accounts({ ...ports, agents, onRevoked });
		this.accounts = accounts;
		this.access = new AgentAccess({ secret, agents, accounts, others: ports.agentTokens?.(agents) });
		this.signIn = new SignIn({ ...ports, agents, accounts, attempts: new Attempts(ports) });
		this.apiKeys = new ApiKeys(ports);
		this.tickets = new ConnectTickets(ports);
		const customerTokens = new CustomerTokens({ secret, clock });
		this.customerTokens = customerTokens;

		const frontDesk = new Reception({ conversations, customerTokens, visitorAuth });
		this.office = ports.office({ agents: this.access, frontDesk, tickets: this.tickets });
		this.messages = new Messages({ storage, office: this.office });
		this.office.plug(new ConversationProjection(ports));
	}

	/** `told` is called as soon as this process has ended an agent's tokens. */
	whenRevoked(told: (app: string, agentId: string) => void): void {
		this.toldOfRevoked.push(told);
	}

	/** What is to be done every two minutes: statuses, counts and files that nobody needs. */
	async upkeep(): Promise<void> {
		for (const { id } of await this.ports.apps.list()) {
			await this.agentUpkeep.run(id);
			await this.attachments.removeAbandoned(id);
		}
	}

	/** Closes the post office after what's under way. */
	async close(): Promise<void> {
		await this.office.close();
		await this.assignments.idle();
	}
}
