import { randomBytes } from "node:crypto";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Change, Storage } from "../../storage/Storage.js";
import type { Agents } from "../agents/Agents.js";
import { type Agent, keyIn, scopeOf } from "../agents/records.js";
import type { NewAgent } from "../agents/schema.js";
import { parseInput } from "../records/input.js";
import { hashPassword, password as passwordForm, SCRYPT_COST, type ScryptCost, verifyPassword } from "./password.js";
import { type AccountRecord, accounts, firstAdmins } from "./records.js";

export type StaffRole = "agent" | "admin";

export interface Account {
	readonly role: StaffRole;
	/** Rises when whoever is signed in must sign in again. */
	readonly version: number;
}

export interface FirstAdmin {
	readonly agent: Agent;
	/** Where none was given. */
	readonly madePassword?: string;
}

export interface AccountPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly agents: Agents;
	/** Default: `SCRYPT_COST`. */
	readonly cost?: ScryptCost;
	/** Tokens of this agent are over; their open sockets are to be closed. */
	readonly onRevoked?: (app: string, agentId: string) => void;
}

/** The address of the first admin where none is given. */
export const FIRST_ADMIN_EMAIL = "admin@example.com";

/** How agents get in: their role, their password, and what ends their tokens. */
export class Accounts {
	private readonly cost: ScryptCost;
	/** Is checked where there's no account, so that the time tells nothing. */
	private decoy: Promise<string> | undefined;
	/** The making of the first admin. */
	private beginning: Promise<unknown> = Promise.resolve();

	constructor(private readonly ports: AccountPorts) {
		this.cost = ports.cost ?? SCRYPT_COST;
	}

	async get(app: string, agentId: string): Promise<Account> {
		return accountOf(await this.ports.storage.get(accounts, [this.key(app, agentId)]));
	}

	/**
	 * Makes an agent with an account, both or none. Without a password they can't sign in by one.
	 * Throws `invalid_input`, `agent_email_taken`.
	 */
	async create(app: string, agent: NewAgent, given: { role?: StaffRole; password?: string } = {}): Promise<Agent> {
		const { role = "agent" } = given;
		const password = given.password === undefined ? undefined : await this.hash(given.password);
		return this.ports.agents.create(app, agent, ({ id }) => [
			{ put: accounts, record: { account: this.key(app, id), role, password, version: 0 }, if: "absent" },
		]);
	}

	/** Ends what the agent is signed in with. Throws `invalid_input`, `agent_unknown`. */
	async setPassword(app: string, agentId: string, password: string): Promise<void> {
		await this.change(app, agentId, { set: [["password", await this.hash(password)]] });
	}

	/** Ends what the agent is signed in with. Throws `agent_unknown`. */
	async setRole(app: string, agentId: string, role: StaffRole): Promise<void> {
		await this.change(app, agentId, { set: [["role", role]] });
	}

	/** Ends everything that the agent is signed in with. Throws `agent_unknown`. */
	async revoke(app: string, agentId: string): Promise<void> {
		await this.change(app, agentId, {});
	}

	/** Whose e-mail and password these are; undefined: nobody's. Takes the same time either way. */
	async check(app: string, email: string, password: string): Promise<{ agent: Agent; account: Account } | undefined> {
		const { storage, agents } = this.ports;
		// Whether that worked is told to who began it.
		await Promise.allSettled([this.beginning]);
		const agent = await agents.byEmail(app, email);
		const key = agent && this.key(app, agent.id);
		const record = key === undefined ? undefined : await storage.get(accounts, [key]);
		this.decoy ??= hashPassword(randomBytes(16).toString("hex"), this.cost);
		const stored = record?.password ?? (await this.decoy);
		const { matches, outdated } = await verifyPassword(password, stored, this.cost);
		if (!matches || !agent || !record?.password) return undefined;
		if (outdated) await this.rehash(record, password);
		return { agent, account: accountOf(record) };
	}

	/**
	 * The first start: makes the app's first admin, once for all. Without a password one is made, which nobody can read
	 * again. Undefined where there was a first admin already. Who signs in meanwhile waits for it. Throws `invalid_input`,
	 * `agent_email_taken`.
	 */
	makeFirstAdmin(app: string, given: { email?: string; password?: string } = {}): Promise<FirstAdmin | undefined> {
		const made = this.firstAdmin(app, given);
		this.beginning = made;
		return made;
	}

	private async firstAdmin(
		app: string,
		{ email = FIRST_ADMIN_EMAIL, password }: { email?: string; password?: string },
	): Promise<FirstAdmin | undefined> {
		const { storage, agents, topic } = this.ports;
		const scope = scopeOf(topic, app);
		if (await storage.get(firstAdmins, [scope])) return undefined;
		const madePassword = password === undefined ? randomBytes(15).toString("base64url") : undefined;
		const hash = await this.hash(password ?? madePassword ?? "");
		try {
			const agent = await agents.create(app, { email, name: "Admin" }, ({ id }) => [
				{
					put: accounts,
					record: { account: this.key(app, id), role: "admin", password: hash, version: 0 },
					if: "absent",
				},
				{ put: firstAdmins, record: { scope, agentId: id }, if: "absent" },
			]);
			return { agent, madePassword };
		} catch (error) {
			// Another process was first.
			if (await storage.get(firstAdmins, [scope])) return undefined;
			throw error;
		}
	}

	private async change(app: string, agentId: string, { set }: Change): Promise<void> {
		const { storage, agents, onRevoked } = this.ports;
		if (!(await agents.get(app, agentId))) throw new RouterError("agent_unknown");
		await storage.update(accounts, [this.key(app, agentId)], { set, add: [["version", 1]] });
		onRevoked?.(app, agentId);
	}

	private async rehash({ account, password: before }: AccountRecord, given: string): Promise<void> {
		const password = await hashPassword(given, this.cost);
		try {
			const set = [["password", password]] as const;
			await this.ports.storage.update(accounts, [account], { set }, [{ path: "password", eq: before ?? null }]);
		} catch (error) {
			// A new password was set meanwhile.
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}

	private hash(given: string): Promise<string> {
		return hashPassword(parseInput(passwordForm, given), this.cost);
	}

	private key(app: string, agentId: string): string {
		return keyIn(scopeOf(this.ports.topic, app), agentId);
	}
}

function accountOf({ role = "agent", version = 0 }: Partial<AccountRecord> = {}): Account {
	return { role, version };
}
