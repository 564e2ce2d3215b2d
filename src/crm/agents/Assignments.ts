import type { Monitor } from "../../monitoring/Monitor.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Write } from "../../storage/Storage.js";
import type { Priority } from "../records/priority.js";
import type { AgentPorts } from "./Agents.js";
import type { Availability } from "./Availability.js";
import { queuePlace } from "./assignment.js";
import {
	type Assignment,
	type AssignmentRecord,
	assignmentOf,
	assignmentQueue,
	assignments,
	type QueueRecord,
	type WaitingRecord,
} from "./assignmentRecords.js";
import { assigned, giveOne, put, queued, remove, takeOne, unqueued } from "./assignmentWrites.js";
import { Dispatcher } from "./Dispatcher.js";
import { type AgentRecord, agents, keyIn, scopeOf } from "./records.js";
import type { Need } from "./schema.js";

export interface AssignmentPorts extends Pick<AgentPorts, "topic" | "storage" | "clock"> {
	readonly availability: Availability;
	readonly monitor: Monitor;
	/**
	 * Who has a conversation has changed; undefined: nobody any more. It may be missed when a process dies: the truth is
	 * what `of` answers.
	 */
	readonly onChange?: (app: string, conversationId: string, agentId: string | undefined) => void;
}

/** A conversation that wants an agent. */
export interface Wanted extends Need {
	/** Default `"low"`. */
	readonly priority?: Priority;
	/**
	 * The conversation's own department, `null` for none: where it's another one than before, it's wanted for that one's
	 * agents, unless a `department` is given. Default: as before, or none.
	 */
	readonly own?: string | null;
}

/** Who is wanted from now on for what waits. */
export interface Moving extends Pick<Wanted, "priority" | "own"> {
	readonly department?: string | null;
}

/** How often what lost a race is tried again. */
const TRIES = 8;
/** Why somebody who was free a moment ago can't be given a conversation. */
const PASSED_OVER: ReadonlySet<string> = new Set(["agent_unknown", "agent_unavailable", "agent_at_capacity"]);

/**
 * Who has which conversation. An agent's count and the assignment that it counts change in one transaction, which holds
 * only below the agent's capacity: no order of events and no number of processes gets anybody over it.
 */
export class Assignments {
	private readonly dispatcher: Dispatcher;

	constructor(private readonly ports: AssignmentPorts) {
		const { onChange } = ports;
		this.dispatcher = new Dispatcher({
			...ports,
			assigned: ({ appId, conversationId, agentId }) => onChange?.(appId, conversationId, agentId),
		});
	}

	/**
	 * An agent is wanted: whoever has it keeps it, else it goes to who is free, else it waits. Asking again changes its
	 * priority and its department while it waits, as they are given, and neither its age nor the skills it needs.
	 */
	async request(app: string, conversationId: string, wanted: Wanted = {}): Promise<Assignment> {
		const { priority = "low" } = wanted;
		await this.change(app, conversationId, (before) => {
			if (before) return before.state === "waiting" ? moving(before, { ...wanted, priority }) : [];
			const next = this.wait(app, conversationId, priority, wanted);
			return [put(next, before), queued(next)];
		});
		const asked = await this.of(app, conversationId);
		if (asked?.state === "assigned") return asked;
		await this.dispatcher.run(app);
		// Released meanwhile: there's nothing left to want.
		return (
			(await this.of(app, conversationId)) ?? {
				state: "waiting",
				conversationId,
				priority,
				askedAt: this.ports.clock(),
			}
		);
	}

	/** The same of what waits already; anything else stays as it is. `department: null`: anybody may have it. */
	async move(app: string, conversationId: string, wanted: Moving): Promise<void> {
		let writes: readonly Write[] = [];
		await this.change(app, conversationId, (record) => {
			writes = record?.state === "waiting" ? moving(record, wanted) : [];
			return writes;
		});
		if (writes.length > 0) await this.dispatcher.run(app);
	}

	/**
	 * Gives the conversation to this agent, whoever had it, whatever it needs, and whether they are away or busy.
	 * Throws `agent_unknown`, `agent_unavailable` (offline), `agent_at_capacity`.
	 */
	async assign(app: string, conversationId: string, agentId: string, wanted: Wanted = {}): Promise<void> {
		const { priority = "low" } = wanted;
		const before = await this.change(app, conversationId, async (record) => {
			if (record?.state === "assigned" && record.agentId === agentId) return [];
			const agent = await this.agent(app, agentId);
			const now = this.ports.clock();
			const source = record ?? this.wait(app, conversationId, priority, wanted);
			return [
				takeOne(agent, now),
				put(assigned(source, agent, now), record),
				...(record?.state === "waiting" ? [unqueued(record)] : []),
				...(record?.state === "assigned" ? [giveOne(record.holder, now)] : []),
			];
		});
		const had = before?.state === "assigned" ? before.agentId : undefined;
		if (had === agentId) return;
		this.ports.onChange?.(app, conversationId, agentId);
		if (had !== undefined) await this.dispatcher.run(app, had);
	}

	/**
	 * Gives the conversation to somebody who is free in place of this agent, if that's who has it; where nobody is, they
	 * keep it. Answers who has it then.
	 */
	async passOn(app: string, conversationId: string, from: string): Promise<Assignment | undefined> {
		const record = await this.record(app, conversationId);
		if (record?.state !== "assigned" || record.agentId !== from) return record && assignmentOf(record);
		for (const { id } of await this.ports.availability.free(app, record)) {
			if (id === from) continue;
			try {
				await this.assign(app, conversationId, id);
				break;
			} catch (error) {
				// They have been given another meanwhile, or went.
				if (!(error instanceof RouterError && PASSED_OVER.has(error.code))) throw error;
			}
		}
		return this.of(app, conversationId);
	}

	/** Nobody is wanted any more: it's over. Who waits gets the agent's place. Answers whether anybody had it or was wanted. */
	async release(app: string, conversationId: string): Promise<boolean> {
		const before = await this.change(app, conversationId, (record) => {
			if (!record) return [];
			const end = remove(record);
			return record.state === "waiting" ? [end, unqueued(record)] : [end, giveOne(record.holder, this.ports.clock())];
		});
		if (before?.state === "assigned") {
			this.ports.onChange?.(app, conversationId, undefined);
			await this.dispatcher.run(app, before.agentId);
		}
		return before !== undefined;
	}

	/** Undefined where nobody has it and nobody is wanted. */
	async of(app: string, conversationId: string): Promise<Assignment | undefined> {
		const record = await this.record(app, conversationId);
		return record && assignmentOf(record);
	}

	/** Who waits, in the order in which they'll be assigned. */
	async waiting(
		app: string,
		{ limit, cursor }: { limit?: number; cursor?: string } = {},
	): Promise<{ readonly conversationIds: readonly string[]; readonly cursor?: string }> {
		const hash = scopeOf(this.ports.topic, app);
		const page = await this.ports.storage.query(assignmentQueue, { hash, limit, cursor });
		return { conversationIds: page.records.map((each: QueueRecord) => each.conversationId), cursor: page.cursor };
	}

	/** Gives who waits to who is free; `freed` can take more since a moment ago. */
	dispatch(app: string, freed?: string): Promise<void> {
		return this.dispatcher.run(app, freed);
	}

	/** Resolves when no dispatching is under way. */
	idle(): Promise<void> {
		return this.dispatcher.idle();
	}

	/** Writes what `plan` makes of the assignment, which it was planned for or not at all; answers what it was. */
	private async change(
		app: string,
		conversationId: string,
		plan: (before: AssignmentRecord | undefined) => readonly Write[] | Promise<readonly Write[]>,
	): Promise<AssignmentRecord | undefined> {
		for (let left = TRIES; ; left--) {
			const before = await this.record(app, conversationId);
			const writes = await plan(before);
			if (writes.length === 0) return before;
			try {
				await this.ports.storage.transact(writes);
				return before;
			} catch (error) {
				if (!(error instanceof ConditionFailed) || left <= 1) throw error;
			}
		}
	}

	private async agent(app: string, id: string): Promise<AgentRecord> {
		const record = await this.ports.storage.get(agents, [keyIn(scopeOf(this.ports.topic, app), id)]);
		if (!record) throw new RouterError("agent_unknown");
		if (record.status === "offline") throw new RouterError("agent_unavailable");
		if (record.activeConversations >= record.capacity) throw new RouterError("agent_at_capacity");
		return record;
	}

	private wait(
		app: string,
		conversationId: string,
		priority: Priority,
		{ skills, own, department = own ?? undefined }: Wanted,
	): WaitingRecord {
		const scope = scopeOf(this.ports.topic, app);
		const askedAt = this.ports.clock();
		return {
			state: "waiting",
			conversation: keyIn(scope, conversationId),
			scope,
			appId: app,
			conversationId,
			priority,
			askedAt,
			place: queuePlace(priority, askedAt, conversationId),
			skills,
			department,
			own: own ?? undefined,
		};
	}

	private record(app: string, conversationId: string): Promise<AssignmentRecord | undefined> {
		return this.ports.storage.get(assignments, [keyIn(scopeOf(this.ports.topic, app), conversationId)]);
	}
}

/** What is written where somebody else is wanted for what waits. */
function moving(before: WaitingRecord, wanted: Moving): readonly Write[] {
	const { priority = before.priority } = wanted;
	const own = given(wanted.own, before.own);
	const department = given(wanted.department, own === before.own ? before.department : own);
	const place = queuePlace(priority, before.askedAt, before.conversationId);
	const isMoved = place !== before.place;
	if (!isMoved && department === before.department && own === before.own) return [];
	const next: WaitingRecord = { ...before, priority, own, department, place };
	return [put(next, before), queued(next), ...(isMoved ? [unqueued(before)] : [])];
}

/** `null`: none any more; undefined: as before. */
function given(wanted: string | null | undefined, before: string | undefined): string | undefined {
	return wanted === undefined ? before : (wanted ?? undefined);
}
