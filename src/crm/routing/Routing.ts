import { partsOf } from "../../delivery/identity.js";
import { Lanes } from "../../delivery/Lanes.js";
import type { Session } from "../../delivery/Session.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import type { Entry } from "../../protocol/envelope.js";
import { type ErrorCode, RouterError } from "../../protocol/errors.js";
import type { Held } from "../agents/AgentUpkeep.js";
import { isMessage } from "../conversations/activity.js";
import { isEnded } from "../conversations/lifecycle.js";
import type { Conversation } from "../conversations/records.js";
import { conversationOf, ifOpen, isTalkedIn, Seating, type SeatingPorts } from "./Seating.js";
import { Tending } from "./Tending.js";

export interface RoutingPorts extends SeatingPorts {
	readonly monitor: Monitor;
}

const SETTLED_KEPT = 10_000;
/** Why an agent may not have a conversation that they take. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(["agent_unknown", "agent_unavailable", "agent_at_capacity"]);
const OWED_KEPT = 1_000;

/** That an agent took a conversation over. */
interface Taking {
	readonly app: string;
	readonly id: string;
	readonly agentId: string;
}

/**
 * Who answers a conversation: the agent who has it and is there, else one who is free, else, while no person is there, the app's
 * bot. Conversations whose bot comes first want a person only when it hands off.
 */
export class Routing {
	/** What is under way of each conversation: one thing after the other. */
	private readonly lanes = new Lanes();
	/** Conversations whose customer has somebody to talk to: what they say changes nothing here. */
	private readonly settled = new Set<string>();
	/** By conversation, who took it over and couldn't be noted. */
	private readonly owed = new Map<string, Taking>();
	private readonly seating: Seating;
	private readonly tending: Tending;

	constructor(private readonly ports: RoutingPorts) {
		this.seating = new Seating(ports);
		const care = (app: string, id: string) => this.care(app, id);
		this.tending = new Tending({ ...ports, lanes: this.lanes, seating: this.seating, care });
	}

	/** Whether somebody waits for what comes of an entry. */
	presses(entry: Entry): boolean {
		if (!needsCare(entry)) return false;
		const { app, sessionId } = partsOf(entry.session);
		return !isSaidByVisitor(entry) || !this.settled.has(`${app}/${sessionId}`);
	}

	/** After a conversation was brought to these entries. */
	async followed(app: string, id: string, entries: readonly Entry[]): Promise<void> {
		if (entries.some(needsCare)) await this.lanes.run(`${app}/${id}`, () => this.care(app, id));
	}

	/**
	 * Who has the conversation has changed. What fails is told to the monitor, and made good by whatever is said next in
	 * it, or by `tend`.
	 */
	changed(app: string, id: string): Promise<void> {
		this.settled.delete(`${app}/${id}`);
		return this.lanes
			.run(`${app}/${id}`, () => this.seating.settle(app, id))
			.catch((error: unknown) => this.ports.monitor.error("routing failed", error, { app }));
	}

	/**
	 * An agent takes a conversation of their own accord, if they may have one more. What fails for another reason is thrown,
	 * and tried again by `tendWaiting`.
	 */
	async tookOver(app: string, id: string, agentId: string): Promise<void> {
		const key = `${app}/${id}`;
		try {
			await this.take(app, id, agentId);
			this.owed.delete(key);
		} catch (error) {
			if (!isRefused(error) && this.owed.size < OWED_KEPT) this.owed.set(key, { app, id, agentId });
			throw error;
		}
	}

	private async take(app: string, id: string, agentId: string): Promise<void> {
		const { assignments } = this.ports;
		try {
			await assignments.assign(app, id, agentId);
		} catch (error) {
			if (!isRefused(error)) throw error;
			// Whoever talks in it isn't to be talked over: nobody else is wanted.
			const now = await assignments.of(app, id);
			if (now?.state === "waiting") await assignments.release(app, id);
		}
	}

	/** Sees to conversations that agents have; see `Tending`. */
	tend(app: string, held: readonly Held[]): Promise<void> {
		return this.tending.held(app, held);
	}

	/** Notes who took a conversation over and couldn't be noted, and sees to those who wait; see `Tending`. */
	async tendWaiting(app: string): Promise<void> {
		for (const [key, taking] of this.owed) {
			if (taking.app === app) await this.noteOwed(key, taking);
		}
		await this.tending.waiting(app);
	}

	private async noteOwed(key: string, { app, id, agentId }: Taking): Promise<void> {
		this.owed.delete(key);
		const session = await this.ports.office.session(app, id);
		if (!session || !isTalkedIn(session)) return;
		await this.tookOver(app, id, agentId).catch((error: unknown) =>
			this.ports.monitor.error("agent not noted", error, { app }),
		);
	}

	/** Resolves when nothing is under way. */
	idle(): Promise<void> {
		return this.lanes.idle();
	}

	/** Has somebody care for the conversation, as it is now. */
	private async care(app: string, id: string): Promise<void> {
		const { conversations, assignments, office } = this.ports;
		const key = `${app}/${id}`;
		this.settled.delete(key);
		const conversation = await conversationOf(conversations, app, id);
		const session = conversation && (await office.session(app, id));
		if (!conversation || !session) return;
		if (isEnded(conversation.status)) {
			await assignments.release(app, id);
			return;
		}
		if (!wantsPerson(session)) return this.noteSettled(key);
		const hasPerson = isTalkedIn(session);
		const before = await assignments.of(app, id);
		if (before === undefined && hasPerson) {
			await this.keep(conversation);
			return this.noteSettled(key);
		}
		const { priority, department: own = null } = conversation;
		const isLeft = before?.state === "assigned" && !hasPerson && (await this.seating.isGone(app, before.agentId));
		const held = isLeft ? await assignments.passOn(app, id, before.agentId) : before;
		const assignment = held?.state === "assigned" ? held : await assignments.request(app, id, { priority, own });
		if (assignment.state === "assigned" && assignment.agentId !== conversation.assignedAgentId) {
			await this.seating.settle(app, id);
		}
		if (session.peopleFirst) await this.seating.giveFloor(app, id, hasPerson);
		if (assignment.state === "waiting") await this.ports.queue.tell(app, id);
		else this.noteSettled(key);
	}

	/**
	 * It was closed, which gave the agent's place free, and is open again while an agent still takes part: whoever had it
	 * has it, and it counts, if they may have it.
	 */
	private async keep({ appId: app, id, assignedAgentId }: Conversation): Promise<void> {
		if (assignedAgentId === undefined) return;
		const { assignments, conversations } = this.ports;
		await this.take(app, id, assignedAgentId);
		if ((await assignments.of(app, id)) === undefined) await ifOpen(conversations.assign(app, id, undefined));
	}

	private noteSettled(key: string): void {
		if (this.settled.size >= SETTLED_KEPT) this.settled.clear();
		this.settled.add(key);
	}
}

function isRefused(error: unknown): boolean {
	return error instanceof RouterError && REFUSED.has(error.code);
}

function isSaidByVisitor(entry: Entry): boolean {
	return entry.from.role === "visitor" && isMessage(entry);
}

/** Whether somebody may have to be found after this: the customer speaks, or who answered doesn't any more. */
function needsCare(entry: Entry): boolean {
	const { type } = entry.content;
	if (isSaidByVisitor(entry)) return true;
	return type === "handOff" || type === "left" || type === "closed" || type === "archived";
}

/** A session whose bot comes first wants a person only where the bot asks for one, or there's none. */
function wantsPerson({ peopleFirst, handOff, floor, participants }: Session): boolean {
	if (peopleFirst || (handOff && !handOff.invited)) return true;
	return participants.find(({ id }) => id === floor.holder)?.role !== "answerer";
}
