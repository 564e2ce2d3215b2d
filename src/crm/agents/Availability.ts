import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Test } from "../../storage/Storage.js";
import type { AgentPorts } from "./Agents.js";
import { fits } from "./assignment.js";
import { type Agent, type AgentRecord, type AgentStatus, agentOf, agents, keyIn, scopeOf } from "./records.js";
import type { Need } from "./schema.js";

/** After this time without activity an agent who was online counts as away, in milliseconds. */
export const AWAY_AFTER_MS = 5 * 60_000;
/** Activity is noted at most this often: each note is a write. */
const NOTED_EVERY_MS = 30_000;
const NOTES_KEPT = 10_000;
/** As many as are read by their keys at once. */
const PAGE = 100;

/** Who is there: the statuses of agents, and what activity and its absence make of them. */
export class Availability {
	/** When activity was last noted by this process, by the agent's key. */
	private readonly noted = new Map<string, number>();

	constructor(private readonly ports: AgentPorts) {}

	/** The agent's own choice, which counts as activity. Throws `agent_unknown`. */
	async choose(app: string, id: string, status: AgentStatus): Promise<Agent> {
		const key = this.key(app, id);
		try {
			const record = await this.change(key, status, [{ path: "id", eq: id }]);
			if (status === "online") this.ports.freed?.(app, id);
			return agentOf(record);
		} catch (error) {
			throw error instanceof ConditionFailed ? new RouterError("agent_unknown", undefined, { cause: error }) : error;
		}
	}

	/** The agent did something: `away` comes back to `online`; `busy` and `offline` stay. Throws `agent_unknown`. */
	async active(app: string, id: string): Promise<void> {
		const key = this.key(app, id);
		const now = this.ports.clock();
		if (now - (this.noted.get(key) ?? Number.NEGATIVE_INFINITY) < NOTED_EVERY_MS) return;
		for (;;) {
			const record = await this.ports.storage.get(agents, [key]);
			if (!record) throw new RouterError("agent_unknown");
			const { status } = record;
			const next = status === "away" ? "online" : status;
			if (!(await this.changeIf(key, next, [{ path: "status", eq: status }]))) continue;
			if (next !== status) this.ports.freed?.(app, id);
			return;
		}
	}

	/** Sets agents who are online and did nothing for 5 minutes to `away`; answers how many. */
	async settle(app: string): Promise<number> {
		const before = new Date(this.ports.clock() - AWAY_AFTER_MS).toISOString();
		let settled = 0;
		for await (const page of this.pages(app, "online")) {
			for (const { agent, lastActivityAt = "" } of page) {
				if (lastActivityAt > before) continue;
				const unchanged: Test[] = [
					{ path: "status", eq: "online" },
					lastActivityAt ? { path: "lastActivityAt", eq: lastActivityAt } : { path: "lastActivityAt", exists: false },
				];
				if (await this.changeIf(agent, "away", unchanged, false)) settled++;
			}
		}
		return settled;
	}

	/**
	 * Who may be given a conversation now: online, under capacity, with what it needs; who has fewest comes first.
	 * `also` are agents who count whether or not the index knows yet that they are online.
	 */
	async free(app: string, wanted: Need = {}, also: Iterable<string> = []): Promise<AgentRecord[]> {
		const found = new Map<string, AgentRecord>();
		const look = async (keys: readonly string[]) => {
			// By key, because an index may lag behind, and capacity is scarce.
			for (let at = 0; at < keys.length; at += PAGE) {
				const batch = keys.slice(at, at + PAGE).map((key) => [key] as const);
				for (const record of await this.ports.storage.batchGet(agents, batch)) {
					if (record?.status === "online" && record.activeConversations < record.capacity && fits(record, wanted)) {
						found.set(record.agent, record);
					}
				}
			}
		};
		const named = new Set([...also].map((id) => this.key(app, id)));
		for await (const page of this.pages(app, "online")) {
			for (const { agent } of page) named.delete(agent);
			await look(page.map(({ agent }) => agent));
		}
		await look([...named]);
		return [...found.values()].sort(byLoad);
	}

	/** Whether an agent of the app is online, with or without capacity left. */
	async isAnybodyOnline(app: string): Promise<boolean> {
		for await (const page of this.pages(app, "online")) {
			const keys = page.map(({ agent }) => [agent] as const);
			const records = await this.ports.storage.batchGet(agents, keys);
			if (records.some((record) => record?.status === "online")) return true;
		}
		return false;
	}

	private async *pages(app: string, status: AgentStatus): AsyncGenerator<readonly AgentRecord[]> {
		const hash = keyIn(scopeOf(this.ports.topic, app), status);
		let cursor: string | undefined;
		do {
			const page = await this.ports.storage.query(agents, { index: "byState", hash, limit: PAGE, cursor });
			if (page.records.length > 0) yield page.records;
			cursor = page.cursor;
		} while (cursor);
	}

	/** Whether the agent still was as the tests say. */
	private async changeIf(
		key: string,
		status: AgentStatus,
		tests: readonly Test[],
		isActivity = true,
	): Promise<boolean> {
		try {
			await this.change(key, status, tests, isActivity);
			return true;
		} catch (error) {
			if (error instanceof ConditionFailed) return false;
			throw error;
		}
	}

	private async change(
		key: string,
		status: AgentStatus,
		tests: readonly Test[],
		isActivity = true,
	): Promise<AgentRecord> {
		const now = this.ports.clock();
		const at = new Date(now).toISOString();
		const state = key.slice(0, key.lastIndexOf("/") + 1) + status;
		const set = [["status", status] as const, ["state", state] as const];
		const changed = await this.ports.storage.update(
			agents,
			[key],
			{ set: isActivity ? [...set, ["lastActivityAt", at]] : set },
			tests,
		);
		if (this.noted.size >= NOTES_KEPT) this.noted.clear();
		if (isActivity) this.noted.set(key, now);
		else this.noted.delete(key);
		return changed;
	}

	private key(app: string, id: string): string {
		return keyIn(scopeOf(this.ports.topic, app), id);
	}
}

/** Of those with as many, who was given one longest ago. */
function byLoad(a: AgentRecord, b: AgentRecord): number {
	return a.activeConversations - b.activeConversations || (a.loadAt ?? 0) - (b.loadAt ?? 0);
}
