import type { Apps } from "../apps/Apps.js";
import type { BlobStore } from "../blobs/BlobStore.js";
import type { AgentTokenVerifier } from "../connectors/admin/AdminConnector.js";
import type { FrontDesk } from "../connectors/chat/FrontDesk.js";
import type { Desk } from "../connectors/Desk.js";
import type { Tickets } from "../connectors/Tickets.js";
import type { PostOffice } from "../delivery/PostOffice.js";
import type { FileDesk, Permits, Roster } from "../delivery/ports.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Entry } from "../protocol/envelope.js";
import type { ErrorCode } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import type { TextIndex } from "../storage/TextIndex.js";
import { Accounts } from "./access/Accounts.js";
import { AgentAccess } from "./access/AgentAccess.js";
import { ApiKeys } from "./access/ApiKeys.js";
import { Attempts } from "./access/Attempts.js";
import { ConnectTickets } from "./access/ConnectTickets.js";
import { CustomerTokens } from "./access/CustomerTokens.js";
import type { ScryptCost } from "./access/password.js";
import { SignIn } from "./access/SignIn.js";
import { SocketTickets } from "./access/SocketTickets.js";
import { socketActors } from "./access/socketActors.js";
import { Agents } from "./agents/Agents.js";
import { AgentUpkeep } from "./agents/AgentUpkeep.js";
import { Assignments } from "./agents/Assignments.js";
import { Availability } from "./agents/Availability.js";
import { accountOf } from "./agents/account.js";
import { Attachments } from "./attachments/Attachments.js";
import { messageFiles } from "./attachments/messageFiles.js";
import { AuditTrail } from "./audit/AuditTrail.js";
import { Erasures } from "./care/Erasures.js";
import { Exports } from "./care/Exports.js";
import { Joins } from "./care/Joins.js";
import { Retention } from "./care/Retention.js";
import { Barring } from "./conversations/Barring.js";
import { Conversations } from "./conversations/Conversations.js";
import { type ConversationChange, LocalChanges } from "./conversations/changes.js";
import { Handling } from "./conversations/Handling.js";
import { Persons } from "./conversations/Persons.js";
import { ConversationProjection } from "./conversations/projection.js";
import { Reception, type ReceptionPorts } from "./conversations/Reception.js";
import { SocketPermits } from "./conversations/SocketPermits.js";
import { customerAccountOf } from "./customers/account.js";
import { Customers } from "./customers/Customers.js";
import type { CustomerStatus } from "./customers/records.js";
import { SiteIdentities } from "./customers/SiteIdentities.js";
import type { CrmDesk, OpenDesk } from "./desk/CrmDesk.js";
import { Jobs } from "./jobs/Jobs.js";
import { Messages } from "./messages/Messages.js";
import { AgentRoster } from "./routing/AgentRoster.js";
import { Queue } from "./routing/Queue.js";
import { Routing } from "./routing/Routing.js";
import { MessageIndexing } from "./search/MessageIndexing.js";
import { Search } from "./search/Search.js";

/** What a post office's connectors ask the CRM: who may come in. */
export interface Doors {
	/** Whose an agent's token is. */
	readonly agents: AgentAccess;
	/** Receives customers. */
	readonly frontDesk: FrontDesk;
	/** Lets in once who got a ticket over REST. */
	readonly tickets: Tickets;
	readonly roster: Roster;
	/** Who may do what at sockets. */
	readonly permits: Permits;
	/** What agents subscribe to. */
	readonly desk: Desk;
	/** Looks at the files of messages. */
	readonly files: FileDesk;
}

export interface CrmPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly blobs: BlobStore;
	/** Finds messages by their words. */
	readonly textIndex: TextIndex;
	readonly apps: Apps;
	readonly monitor: Monitor;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** Signs the tokens of agents and customers; at least 32 bytes. */
	readonly secret: string;
	/** Keys what customers are called in sessions: the post office's secret. */
	readonly aliasSecret: string;
	readonly visitorAuth: ReceptionPorts["visitorAuth"];
	/** What an app's site shares with us to vouch for its visitors. Default: none does. */
	readonly identitySecretOf?: (app: string) => string | undefined;
	/** Verifies agents' tokens that aren't signed by the secret, such as an OIDC provider's. Default: there are none. */
	readonly agentTokens?: (agents: Agents) => AgentTokenVerifier;
	/** What hashing a password takes. Default: `SCRYPT_COST`. */
	readonly cost?: ScryptCost;
	/** After how many days a closed conversation is erased, where its app doesn't say. Default: never. */
	readonly retentionDays?: number;
	/** See `ProjectionPorts`. */
	readonly gatherMs?: number;
	/** Has what was deleted and replaced in the storage go from its files, too. Default: that's the storage's affair. */
	readonly scrub?: () => Promise<void>;
	/** For how many days the audit trail is kept. Default 400. */
	readonly auditDays?: number;
	/** What tells agents of conversations that change. */
	readonly desk: OpenDesk;
	/** Makes the post office, on the same storage and topic, whose conversations these are. */
	office(doors: Doors): PostOffice;
}

/** Everything that the CRM knows and does; one for a process and topic. Its records are `crmCollections`. */
export class Crm {
	readonly office: PostOffice;
	readonly customers: Customers;
	readonly conversations: Conversations;
	readonly messages: Messages;
	readonly search: Search;
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
	/** Whom the apps' sites vouch for. */
	readonly identities: SiteIdentities;
	/** Who actors are in sessions. */
	readonly persons: Persons;
	/** What is done in conversations without a socket. */
	readonly handling: Handling;
	/** Erases customers and conversations. */
	readonly erasures: Erasures;
	/** Joins customers who are one person. */
	readonly joins: Joins;
	private readonly jobs: Jobs;
	/** What is kept of a customer. */
	readonly exports: Exports;
	/** Who did what. */
	readonly audit: AuditTrail;
	private readonly retention: Retention;
	/** Tells agents' desks what changes. */
	private readonly desk: CrmDesk;
	private readonly roster: AgentRoster;
	private readonly routing: Routing;
	private readonly agentUpkeep: AgentUpkeep;
	/** Connections being ended because their agents' tokens are over, or their customers blocked; desks told to begin anew. */
	private readonly telling = new Set<Promise<unknown>>();
	private readonly toldOfRevoked: ((app: string, agentId: string) => void)[] = [];

	constructor(private readonly ports: CrmPorts) {
		const { storage, clock, secret, visitorAuth } = ports;
		this.audit = new AuditTrail(ports);
		const jobs = new Jobs(ports);
		this.jobs = jobs;
		const said = (app: string, id: string, status: CustomerStatus) => {
			this.whileTelling(app, "sessions not told of a customer's status", barring.follow(app, id));
			if (status !== "blocked") return;
			const end = (each: string) => this.endConnections(app, customerAccountOf(each), "customer_blocked");
			end(id);
			// Connections that were opened before they were joined with this one.
			this.whileEnding(
				app,
				this.joins.former(app, id).then((ids) => ids.forEach(end)),
			);
		};
		const follower = { due: (app: string, id: string) => barring.due(app, id), said };
		this.customers = new Customers({ ...ports, follower });
		const changes = new LocalChanges();
		const announced = { ...ports, onChange: changes.announce };
		const conversations = new Conversations(announced);
		this.conversations = conversations;
		this.attachments = new Attachments(ports);

		const freed = (app: string, agentId: string) => void this.assignments.dispatch(app, agentId);
		const moved = (app: string, id: string) =>
			this.whileTelling(app, "desk not told anew", this.desk.reconsider(app, id));
		const agents = new Agents({ ...ports, freed, changed: () => permits.forget(), moved });
		this.agents = agents;
		this.availability = new Availability({ ...ports, freed });
		const { availability } = this;
		const onChange = (app: string, id: string) => void this.routing.changed(app, id);
		const assignments = new Assignments({ ...ports, availability, onChange });
		this.assignments = assignments;
		this.agentUpkeep = new AgentUpkeep({
			...ports,
			availability,
			assignments,
			conversations,
			tend: (app, held) => this.routing.tend(app, held),
		});

		const onRevoked = (app: string, agentId: string) => {
			for (const told of this.toldOfRevoked) told(app, agentId);
			this.endConnections(app, accountOf(agentId), "agent_token_invalid");
		};
		const accounts = new Accounts({ ...ports, agents, onRevoked });
		this.accounts = accounts;
		this.access = new AgentAccess({ secret, agents, accounts, others: ports.agentTokens?.(agents) });
		this.signIn = new SignIn({ ...ports, agents, accounts, attempts: new Attempts(ports) });
		this.apiKeys = new ApiKeys(ports);
		this.tickets = new ConnectTickets(ports);
		const currentOf = (app: string, id: string) => this.joins.current(app, id);
		const customerTokens = new CustomerTokens({ secret, clock, currentOf });
		this.customerTokens = customerTokens;

		const { identitySecretOf: secretOf = () => undefined } = ports;
		const identities = new SiteIdentities({ ...ports, secretOf });
		this.identities = identities;

		const frontDesk = new Reception({
			conversations,
			customers: this.customers,
			customerTokens,
			identities,
			visitorAuth,
			clock,
			visitorId: (conversation) => this.persons.visitorId(conversation),
		});
		this.roster = new AgentRoster({
			...ports,
			availability,
			conversations,
			audit: this.audit,
			routing: { tookOver: (app, id, agentId) => this.routing.tookOver(app, id, agentId) },
		});
		const files = messageFiles(this.attachments);
		this.desk = ports.desk({
			...ports,
			changes,
			actorOf: socketActors(agents),
			announce: (connections, signal) => this.office.announce(connections, signal),
			reach: (connections) => this.office.reach(connections),
			gone: (connection) => this.office.disconnect(connection),
		});
		const { roster, desk } = this;
		const tickets = new SocketTickets({ tickets: this.tickets, agents, accounts });
		const { customers } = this;
		const bar = (app: string, id: string, isBarred: boolean) => this.office.bar(app, id, isBarred);
		const barring = new Barring({ ...ports, secret: ports.aliasSecret, office: { bar }, customers, jobs });
		const permits = new SocketPermits({ agents, conversations, barring });
		changes.listen(({ before }) => before && permits.forget());
		const office = ports.office({ agents: this.access, frontDesk, tickets, roster, permits, desk, files });
		this.office = office;
		this.messages = new Messages({ storage, office });
		const { textIndex: index } = ports;
		this.search = new Search({ ...ports, index, conversations });
		const persons = new Persons({ secret: ports.aliasSecret, agents, office });
		this.persons = persons;
		const { attachments } = this;
		const uploaderOf = (app: string, customerId: string) => persons.uploader({ role: "customer", app, customerId });
		this.erasures = new Erasures({ ...announced, jobs, office, customers, assignments, attachments, uploaderOf });
		this.joins = new Joins({ ...announced, jobs, customers, follower, attachments, uploaderOf });
		this.exports = new Exports({ ...ports, office, attachments });
		const daysOf = async (app: string) => (await ports.apps.get(app))?.retentionDays ?? ports.retentionDays;
		this.retention = new Retention({ ...ports, erasures: this.erasures, daysOf });
		const queue = new Queue({ assignments, office });
		const { monitor } = ports;
		this.routing = new Routing({ office, conversations, agents, availability, assignments, persons, queue, monitor });
		const followed = (app: string, id: string, entries: readonly Entry[]) => this.routing.followed(app, id, entries);
		const presses = (entry: Entry) => this.routing.presses(entry);
		const projection = new ConversationProjection({ ...announced, barring, followed, presses });
		this.handling = new Handling({ office, conversations, projection, persons });
		office.plug(projection);
		office.plug(new MessageIndexing(index));
	}

	/** They're ended by the time that `idle` resolves. */
	private endConnections(app: string, account: string, code: ErrorCode): void {
		this.whileEnding(app, this.office.end(app, account, { code }));
	}

	private whileEnding(app: string, work: Promise<unknown>): void {
		this.whileTelling(app, "ending connections failed", work);
	}

	private whileTelling(app: string, failure: string, work: Promise<unknown>): void {
		const done: Promise<unknown> = work
			.catch((error: unknown) => this.ports.monitor.error(failure, error, { app }))
			.finally(() => this.telling.delete(done));
		this.telling.add(done);
	}

	/** See `CrmDesk.changed`. */
	changed(changes: readonly ConversationChange[]): Promise<void> {
		return this.desk.changed(changes);
	}

	/** `told` is called as soon as this process has ended an agent's tokens. */
	whenRevoked(told: (app: string, agentId: string) => void): void {
		this.toldOfRevoked.push(told);
	}

	/**
	 * What is to be done every two minutes: statuses, counts, files that nobody needs, what is to be erased. What fails is told
	 * to the monitor.
	 */
	async upkeep(): Promise<void> {
		for (const { id } of await this.ports.apps.list()) {
			await this.kept(id, "agents", () => this.agentUpkeep.run(id));
			await this.kept(id, "waiting", () => this.routing.tendWaiting(id));
			await this.kept(id, "attachments", () => this.attachments.removeAbandoned(id));
			await this.kept(id, "jobs", () => this.jobs.upkeep(id));
			await this.kept(id, "retention", () => this.retention.run(id));
		}
	}

	/** What fails of one part, or of one app, keeps nobody from the rest. */
	private async kept(app: string, part: string, work: () => Promise<unknown>): Promise<void> {
		try {
			await work();
		} catch (error) {
			this.ports.monitor.error("upkeep failed", error, { app, part });
		}
	}

	/**
	 * Resolves when nothing is under way that was begun before: for a process that may be frozen once it has answered. What
	 * the desk gathers isn't waited for.
	 */
	async idle(): Promise<void> {
		await this.office.idle();
		await Promise.all(this.telling);
		await this.roster.idle();
		await this.assignments.idle();
		await this.routing.idle();
		// What agents' comings and goings changed in sessions.
		await this.office.idle();
	}

	/** Closes the post office after what's under way. */
	async close(): Promise<void> {
		await this.office.close();
		await this.desk.close();
		await this.idle();
	}
}
