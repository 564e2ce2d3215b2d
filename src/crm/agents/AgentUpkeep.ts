import type { Monitor } from "../../monitoring/Monitor.js";
import { ConditionFailed } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import type { Assignments } from "./Assignments.js";
import type { Availability } from "./Availability.js";
import { assignments } from "./assignmentRecords.js";
import { type AgentRecord, agents, scopeOf } from "./records.js";

/** How often to call `run`, in milliseconds. */
export const UPKEEP_EVERY_MS = 2 * 60_000;

/** An index may lag this much behind, in milliseconds: a younger count can't be checked by it. */
const SETTLED_AFTER_MS = 10_000;
const PAGE = 100;

/** What the upkeep must know of conversations. */
export interface ConversationStates {
	/** Those of them (up to 100) that are over: closed, archived, or not there any more. */
	over(app: string, conversationIds: readonly string[]): Promise<readonly string[]>;
}

export interface UpkeepPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly clock: () => number;
	/** Is told of conversations that can't be released. */
	readonly monitor: Monitor;
	readonly availability: Availability;
	readonly assignments: Assignments;
	/** Without it, only `Assignments.release` ends an assignment. */
	readonly conversations?: ConversationStates;
	/** Is shown who has which conversation, to make good what a process that died left undone. */
	readonly tend?: (app: string, assigned: readonly Held[]) => Promise<void>;
}

/** A conversation, and the agent who has it. */
export interface Held {
	readonly conversationId: string;
	readonly agentId: string;
}

/** What an upkeep found to do. */
export interface UpkeepReport {
	readonly away: number;
	readonly released: number;
	readonly repaired: number;
}

/** Keeps statuses and counts true, whatever a process that died left undone. */
export class AgentUpkeep {
	constructor(private readonly ports: UpkeepPorts) {}

	async run(app: string): Promise<UpkeepReport> {
		const away = await this.ports.availability.settle(app);
		const released = await this.releaseOver(app);
		if (this.ports.tend) for await (const page of this.assigned(app)) await this.ports.tend(app, page);
		const repaired = await this.repairCounts(app);
		await this.ports.assignments.dispatch(app);
		return { away, released, repaired };
	}

	/** A process may die between a conversation's end and its release. */
	private async releaseOver(app: string): Promise<number> {
		const { conversations } = this.ports;
		if (!conversations) return 0;
		let released = 0;
		for await (const page of this.assigned(app)) {
			const ids = page.map(({ conversationId }) => conversationId);
			for (const id of await conversations.over(app, ids)) {
				if (await this.release(app, id)) released++;
			}
		}
		return released;
	}

	private async release(app: string, id: string): Promise<boolean> {
		try {
			return await this.ports.assignments.release(app, id);
		} catch (error) {
			// The others aren't to wait for it; the next upkeep tries again.
			this.ports.monitor.error("conversation not released", error, { app });
			return false;
		}
	}

	/** Compares what agents are said to have with what is assigned to them. */
	private async repairCounts(app: string): Promise<number> {
		// Before the counting: what changes from here on changes `loadRev`.
		const known: AgentRecord[] = [];
		for await (const page of this.agents(app)) known.push(...page);
		const counts = new Map<string, number>();
		for await (const page of this.assigned(app)) {
			for (const { holder } of page) counts.set(holder, (counts.get(holder) ?? 0) + 1);
		}
		let repaired = 0;
		for (const { agent, activeConversations, loadRev, loadAt = 0 } of known) {
			const count = counts.get(agent) ?? 0;
			if (count === activeConversations || this.ports.clock() - loadAt < SETTLED_AFTER_MS) continue;
			try {
				await this.ports.storage.update(
					agents,
					[agent],
					{ set: [["activeConversations", count]], add: [["loadRev", 1]] },
					[{ path: "loadRev", eq: loadRev }],
				);
				repaired++;
			} catch (error) {
				// It has changed meanwhile; the next upkeep looks again.
				if (!(error instanceof ConditionFailed)) throw error;
			}
		}
		return repaired;
	}

	private async *agents(app: string): AsyncGenerator<readonly AgentRecord[]> {
		const hash = scopeOf(this.ports.topic, app);
		let cursor: string | undefined;
		do {
			const page = await this.ports.storage.query(agents, { index: "byApp", hash, limit: PAGE, cursor });
			// The index tells who there is; what they are is read by their keys.
			const keys = page.records.map(({ agent }) => [agent] as const);
			yield (await this.ports.storage.batchGet(agents, keys)).flatMap((each) => each ?? []);
			cursor = page.cursor;
		} while (cursor);
	}

	private async *assigned(app: string): AsyncGenerator<readonly (Held & { readonly holder: string })[]> {
		const hash = scopeOf(this.ports.topic, app);
		let cursor: string | undefined;
		do {
			const page = await this.ports.storage.query(assignments, { index: "byHolder", hash, limit: PAGE, cursor });
			yield page.records.flatMap((each) => (each.state === "assigned" ? [each] : []));
			cursor = page.cursor;
		} while (cursor);
	}
}
