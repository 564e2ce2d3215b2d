import type { Monitor } from "../../monitoring/Monitor.js";
import { ConditionFailed } from "../../protocol/errors.js";
import type { AgentPorts } from "./Agents.js";
import type { Availability } from "./Availability.js";
import { fits } from "./assignment.js";
import { type AssignedRecord, assignmentQueue, assignments, type QueueRecord } from "./assignmentRecords.js";
import { assigned, put, takeOne, unqueued } from "./assignmentWrites.js";
import { type AgentRecord, keyIn, scopeOf } from "./records.js";

const PAGE = 100;

export interface DispatcherPorts extends Pick<AgentPorts, "topic" | "storage" | "clock"> {
	readonly availability: Availability;
	readonly monitor: Monitor;
	readonly assigned: (record: AssignedRecord) => void;
}

/** A pass through an app's queue, and whom it must count in. */
interface Round {
	readonly done: Promise<void>;
	next?: Round;
	readonly also: Set<string>;
}

/**
 * Gives those who wait to agents who are free: the most urgent first, of those the oldest. In this process one pass
 * runs at a time for an app; against other processes the claim's transaction guards.
 */
export class Dispatcher {
	private readonly rounds = new Map<string, Round>();

	constructor(private readonly ports: DispatcherPorts) {}

	/**
	 * Resolves when a pass that began after this call is over. `freed`: an agent who can take more since a moment ago.
	 * A pass that fails is told to the monitor; who waits stays in the queue for the next.
	 */
	run(app: string, freed?: string): Promise<void> {
		const running = this.rounds.get(app);
		const round = running ? this.after(app, running) : this.start(app, Promise.resolve());
		if (freed !== undefined) round.also.add(freed);
		if (!running) this.rounds.set(app, round);
		return round.done;
	}

	/** Resolves when no pass is under way. */
	async idle(): Promise<void> {
		while (this.rounds.size > 0) await Promise.all([...this.rounds.values()].map(({ done }) => done));
	}

	private after(app: string, running: Round): Round {
		running.next ??= this.start(app, running.done);
		return running.next;
	}

	private start(app: string, before: Promise<void>): Round {
		const also = new Set<string>();
		const work = async () => {
			await before;
			this.rounds.set(app, round);
			try {
				await this.pass(app, also);
			} catch (error) {
				this.ports.monitor.error("assignment failed", error, { app });
			}
			if (round.next === undefined) this.rounds.delete(app);
		};
		const round: Round = { done: work(), also };
		return round;
	}

	private async pass(app: string, also: ReadonlySet<string>): Promise<void> {
		const { storage, availability, topic } = this.ports;
		const free = await availability.free(app, {}, also);
		let cursor: string | undefined;
		do {
			if (free.length === 0) return;
			const page = await storage.query(assignmentQueue, { hash: scopeOf(topic, app), limit: PAGE, cursor });
			for (const waiting of page.records) {
				if (free.length === 0) return;
				await this.place(waiting, free);
			}
			cursor = page.cursor;
		} while (cursor);
	}

	/** Tries who fits, fewest conversations first, until one has it. Keeps `free` true. */
	private async place(waiting: QueueRecord, free: AgentRecord[]): Promise<void> {
		for (;;) {
			const agent = leastBusy(free.filter((each) => fits(each, waiting)));
			if (!agent) return;
			const { now, isOver } = await this.claim(waiting, agent);
			const at = free.indexOf(agent);
			if (now && now.status === "online" && now.activeConversations < now.capacity) free[at] = now;
			else free.splice(at, 1);
			if (isOver) return;
		}
	}

	private async claim(waiting: QueueRecord, agent: AgentRecord): Promise<Claim> {
		const { storage, clock } = this.ports;
		const record = await storage.get(assignments, [keyIn(waiting.scope, waiting.conversationId)]);
		// Another process was first.
		if (record?.state !== "waiting" || record.place !== waiting.place) return { now: agent, isOver: true };
		const now = clock();
		const taken = assigned(record, agent, now);
		try {
			await storage.transact([takeOne(agent, now), put(taken, record), unqueued(waiting)]);
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
			const isOver = error.failed.has(1);
			// The storage answers what stood in the way.
			return { now: error.failed.has(0) ? (error.failed.get(0) as AgentRecord | undefined) : agent, isOver };
		}
		this.ports.assigned(taken);
		return { now: { ...agent, activeConversations: agent.activeConversations + 1, loadAt: now }, isOver: true };
	}
}

/** What came of a try. */
interface Claim {
	/** The agent as they are after it, as far as is known. */
	readonly now: AgentRecord | undefined;
	/** The conversation waits no longer. */
	readonly isOver: boolean;
}

/** Of those with as many, who was given one longest ago. */
function leastBusy(all: readonly AgentRecord[]): AgentRecord | undefined {
	return all.reduce<AgentRecord | undefined>((best, each) => {
		if (!best) return each;
		const fewer = each.activeConversations - best.activeConversations || (each.loadAt ?? 0) - (best.loadAt ?? 0);
		return fewer < 0 ? each : best;
	}, undefined);
}
