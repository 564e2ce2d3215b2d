import { newId } from "../../delivery/identity.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Json, Path, Storage, Write } from "../../storage/Storage.js";
import { parseInput } from "../records/input.js";
import {
	type Agent,
	type AgentRecord,
	type AgentStatus,
	agentEmails,
	agentOf,
	agents,
	keyIn,
	scopeOf,
} from "./records.js";
import { type AgentChange, agentSchemas, type CheckedAgentChange, type NewAgent } from "./schema.js";

export interface AgentPorts {
	readonly topic: string;
	readonly storage: Storage;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** An agent may take more than before: whoever waits may be assigned. */
	readonly freed?: (app: string, agentId: string) => void;
	/** An agent's profile has changed. */
	readonly changed?: (app: string, agentId: string) => void;
	/** An agent's departments may have changed. */
	readonly moved?: (app: string, agentId: string) => void;
}

export interface AgentPage {
	readonly agents: readonly Agent[];
	readonly cursor?: string;
}

/** How often a change that met another one is tried again. */
const TRIES = 8;

/** The agents of each app: who they are. */
export class Agents {
	constructor(private readonly ports: AgentPorts) {}

	/**
	 * Makes an agent, offline. `also` are writes that happen with it, or not at all.
	 * Throws `invalid_input`, `agent_email_taken`; a condition of `also` as `ConditionFailed`.
	 */
	async create(app: string, given: NewAgent, also: (agent: Agent) => readonly Write[] = () => []): Promise<Agent> {
		const { email, name, avatar, capacity, skills, departments } = parseInput(agentSchemas().newAgent, given);
		const scope = scopeOf(this.ports.topic, app);
		const id = newId();
		const now = this.now();
		const record: AgentRecord = {
			agent: keyIn(scope, id),
			scope,
			state: keyIn(scope, "offline"),
			appId: app,
			id,
			email,
			name,
			avatar,
			status: "offline",
			capacity,
			activeConversations: 0,
			loadRev: 0,
			skills,
			departments,
			createdAt: now,
			updatedAt: now,
			rev: 1,
		};
		const agent = agentOf(record);
		try {
			await this.ports.storage.transact([
				{ put: agentEmails, record: { email: keyIn(scope, email), id }, if: "absent" },
				{ put: agents, record, if: "absent" },
				...also(agent),
			]);
		} catch (error) {
			throw isTaken(error, 0) ? new RouterError("agent_email_taken", undefined, { cause: error }) : error;
		}
		return agent;
	}

	async get(app: string, id: string): Promise<Agent | undefined> {
		const record = await this.record(app, id);
		return record && agentOf(record);
	}

	/** Found whatever the case of its letters. What is no e-mail address is nobody's. */
	async byEmail(app: string, given: string): Promise<Agent | undefined> {
		const { data: email } = agentSchemas().email.safeParse(given);
		if (email === undefined) return undefined;
		const owner = await this.ports.storage.get(agentEmails, [keyIn(scopeOf(this.ports.topic, app), email)]);
		return owner && this.get(app, owner.id);
	}

	/** Takes as long whether there is one or not. */
	async idByEmail(app: string, given: string): Promise<string | undefined> {
		const { data: email } = agentSchemas().email.safeParse(given);
		if (email === undefined) return undefined;
		return (await this.ports.storage.get(agentEmails, [keyIn(scopeOf(this.ports.topic, app), email)]))?.id;
	}

	/** All, the oldest first; or those of a status, who has fewest conversations first. */
	async list(
		app: string,
		{ status, limit, cursor }: { status?: AgentStatus; limit?: number; cursor?: string } = {},
	): Promise<AgentPage> {
		const scope = scopeOf(this.ports.topic, app);
		const where = status ? { index: "byState", hash: keyIn(scope, status) } : { index: "byApp", hash: scope };
		const page = await this.ports.storage.query(agents, { ...where, limit, cursor });
		return { agents: page.records.map(agentOf), cursor: page.cursor };
	}

	/**
	 * Changes a profile. With `rev`, only the one of this number.
	 * Throws `invalid_input`, `agent_unknown`, `agent_email_taken`, `record_changed` where it isn't that number any more.
	 */
	async update(app: string, id: string, given: AgentChange, rev?: number): Promise<Agent> {
		const change = parseInput(agentSchemas().agentChange, given);
		for (let left = TRIES; ; left--) {
			const record = await this.record(app, id);
			if (!record) throw new RouterError("agent_unknown");
			if (rev !== undefined && record.rev !== rev) throw new RouterError("record_changed");
			try {
				await this.ports.storage.transact(this.writes(record, change));
			} catch (error) {
				if (!(error instanceof ConditionFailed)) throw error;
				if (error.failed.has(1) && !error.failed.has(0))
					throw new RouterError("agent_email_taken", undefined, { cause: error });
				if (left > 1) continue;
				throw new RouterError("record_changed", undefined, { cause: error });
			}
			this.ports.changed?.(app, id);
			if (change.departments !== undefined) this.ports.moved?.(app, id);
			if (change.capacity !== undefined && change.capacity > record.capacity) this.ports.freed?.(app, id);
			const changed = await this.get(app, id);
			if (!changed) throw new RouterError("agent_unknown");
			return changed;
		}
	}

	private writes(record: AgentRecord, { email, ...change }: CheckedAgentChange): Write[] {
		const set: (readonly [Path, Json])[] = [
			["rev", record.rev + 1],
			["updatedAt", this.now()],
		];
		const remove: Path[] = [];
		for (const [field, value] of Object.entries(change)) {
			if (value === null) remove.push(field);
			else if (value !== undefined) set.push([field, value]);
		}
		const moves = email !== undefined && email !== record.email;
		if (moves) set.push(["email", email]);
		const { agent, scope, id, rev } = record;
		const update: Write = { update: agents, key: [agent], change: { set, remove }, if: [{ path: "rev", eq: rev }] };
		if (!moves) return [update];
		return [
			update,
			{ put: agentEmails, record: { email: keyIn(scope, email), id }, if: "absent" },
			{ delete: agentEmails, key: [keyIn(scope, record.email)], if: [{ path: "id", eq: id }] },
		];
	}

	private record(app: string, id: string): Promise<AgentRecord | undefined> {
		return this.ports.storage.get(agents, [keyIn(scopeOf(this.ports.topic, app), id)]);
	}

	private now(): string {
		return new Date(this.ports.clock()).toISOString();
	}
}

function isTaken(error: unknown, position: number): boolean {
	return error instanceof ConditionFailed && error.failed.has(position);
}
