import { Accounts } from "../../../src/crm/access/Accounts.js";
import { AgentAccess } from "../../../src/crm/access/AgentAccess.js";
import { ApiKeys } from "../../../src/crm/access/ApiKeys.js";
import { Attempts } from "../../../src/crm/access/Attempts.js";
import { ConnectTickets } from "../../../src/crm/access/ConnectTickets.js";
import type { ScryptCost } from "../../../src/crm/access/password.js";
import { SignIn } from "../../../src/crm/access/SignIn.js";
import { Agents } from "../../../src/crm/agents/Agents.js";
import type { Place } from "../agents/everyStorage.js";

export const APP = "shop";
export const SECRET = "a secret of 32 bytes, or of more.";
export const PASSWORD = "correct horse battery";
/** So that a test of hundreds of guesses isn't one of patience. */
export const CHEAP: ScryptCost = { logN: 4, r: 8, p: 1 };

/** One process's access side, on a storage that others may share. */
export class Gate {
	readonly agents: Agents;
	readonly accounts: Accounts;
	readonly signIn: SignIn;
	readonly access: AgentAccess;
	readonly apiKeys: ApiKeys;
	readonly tickets: ConnectTickets;
	readonly revoked: string[] = [];

	constructor(
		readonly place: Place,
		cost = CHEAP,
	) {
		const { topic, storage } = place;
		const ports = { topic, storage, clock: place.clock.read };
		this.agents = new Agents(ports);
		const { agents } = this;
		this.accounts = new Accounts({ ...ports, agents, cost, onRevoked: (_, id) => this.revoked.push(id) });
		const { accounts } = this;
		const attempts = new Attempts(ports);
		this.signIn = new SignIn({ ...ports, secret: SECRET, agents, accounts, attempts });
		this.access = new AgentAccess({ secret: SECRET, agents, accounts });
		this.apiKeys = new ApiKeys(ports);
		this.tickets = new ConnectTickets(ports);
	}

	login(email: string, password = PASSWORD, address = "192.0.2.1") {
		return this.signIn.login(APP, { email, password }, address);
	}

	/** An agent with the password. */
	async ada(role: "agent" | "admin" = "agent") {
		const given = { email: "ada@example.com", name: "Ada", departments: ["sales"] };
		return this.accounts.create(APP, given, { role, password: PASSWORD });
	}
}
