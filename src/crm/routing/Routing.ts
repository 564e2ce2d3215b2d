import { partsOf } from "../../delivery/identity.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Session } from "../../delivery/Session.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import type { Entry } from "../../protocol/envelope.js";
import { RouterError } from "../../protocol/errors.js";
import type { Agents } from "../agents/Agents.js";
import type { Held } from "../agents/AgentUpkeep.js";
import type { Assignments } from "../agents/Assignments.js";
import type { Availability } from "../agents/Availability.js";
import { accountOf } from "../agents/account.js";
import type { Agent } from "../agents/records.js";
import { isMessage } from "../conversations/activity.js";
import type { Conversations } from "../conversations/Conversations.js";
import { isEnded } from "../conversations/lifecycle.js";
import type { Persons } from "../conversations/Persons.js";
import type { AgentSummary, Conversation } from "../conversations/records.js";
import type { Queue } from "./Queue.js";

export interface RoutingPorts {
	readonly office: Pick<PostOffice, "session" | "giveFloor" | "seat" | "unseat" | "tell">;
	readonly conversations: Conversations;
	readonly agents: Agents;
	readonly availability: Availability;
	readonly assignments: Assignments;
	readonly persons: Persons;
	readonly queue: Queue;
	readonly monitor: Monitor;
}

const SETTLED_KEPT = 10_000;

/**
 * Who answers a conversation: the agent who has it and is there, else one who is free, else, while no person is there, the app's
 * bot. Conversations whose bot comes first want a person only when it hands off.
 */
export class Routing {
	/** What is under way of each conversation: one thing after the other. */
	private readonly lanes = new Map<string, Promise<void>>();
	/** Conversations whose customer has somebody to talk to: what they say changes nothing here. */
	private readonly settled = new Set<string>();

	constructor(private readonly ports: RoutingPorts) {}

	/** Whether somebody waits for what comes of an entry. */
	presses(entry: Entry): boolean {
		if (!needsCare(entry)) return false;
		const { app, sessionId } = partsOf(entry.session);
		return !isSaidByVisitor(entry) || !this.settled.has(`${app}/${sessionId}`);
	}

	/** After a conversation was brought to these entries. */
	async followed(app: string, id: string, entries: readonly Entry[]): Promise<void> {
		if (entries.some(needsCare)) await this.inLane(app, id, () => this.care(app, id));
	}

	/**
	 * Who has the conversation has changed. What fails is told to the monitor, and made good by whatever is said next in
	 * it, or by `tend`.
	 */
	changed(app: string, id: string): Promise<void> {
		this.settled.delete(`${app}/${id}`);
		return this.inLane(app, id, () => this.settle(app, id)).catch((error: unknown) =>
			this.ports.monitor.error("routing failed", error, { app }),
		);
	}

	/** An agent takes a conversation of their own accord, if they may have one more. */
	async tookOver(app: string, id: string, agentId: string): Promise<void> {
		const { assignments } = this.ports;
		try {
			await assignments.assign(app, id, agentId);
		} catch (error) {
			if (!(error instanceof RouterError)) throw error;
			// Whoever talks in it isn't to be talked over: nobody else is wanted.
			const now = await assignments.of(app, id);
			if (now?.state === "waiting") await assignments.release(app, id);
		}
	}

	/**
	 * Makes good what a process that died left undone of conversations that agents have; and while nobody is there, has
	 * the bot answer in them.
	 */
	async tend(app: string, held: readonly Held[]): Promise<void> {
		const { conversations } = this.ports;
		for (const { conversationId: id, agentId } of held) {
			await this.inLane(app, id, async () => {
				const conversation = await find(conversations, app, id);
				if (conversation && conversation.assignedAgentId !== agentId) await this.settle(app, id);
			});
		}
		await this.leaveToBot(
			app,
			held.map(({ conversationId }) => conversationId),
		);
	}

	/** While nobody is there, has the bot answer those who wait. */
	async tendWaiting(app: string): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.ports.assignments.waiting(app, { limit: 100, cursor });
			await this.leaveToBot(app, page.conversationIds);
			cursor = page.cursor;
		} while (cursor !== undefined);
	}

	private async leaveToBot(app: string, ids: readonly string[]): Promise<void> {
		const { office, availability } = this.ports;
		if (ids.length === 0 || (await availability.isAnybodyOnline(app))) return;
		for (const id of ids) {
			if ((await office.session(app, id))?.peopleFirst) await office.giveFloor(app, id, "answerer");
		}
	}

	/** Resolves when nothing is under way. */
	async idle(): Promise<void> {
		while (this.lanes.size > 0) await Promise.all(this.lanes.values());
	}

	/** Has somebody care for the conversation, as it is now. */
	private async care(app: string, id: string): Promise<void> {
		const { conversations, assignments, office } = this.ports;
		const key = `${app}/${id}`;
		this.settled.delete(key);
		const conversation = await find(conversations, app, id);
		const session = conversation && (await office.session(app, id));
		if (!conversation || !session) return;
		if (isEnded(conversation.status)) {
			await assignments.release(app, id);
			return;
		}
		if (!wantsPerson(session)) return this.noteSettled(key);
		const isTalkedIn = session.participants.some(({ bargedIn }) => bargedIn);
		const before = await assignments.of(app, id);
		if (before === undefined && isTalkedIn) return this.noteSettled(key);
		const { priority } = conversation;
		const isLeft = before?.state === "assigned" && !isTalkedIn && (await this.isGone(app, before.agentId));
		const held = isLeft ? await assignments.passOn(app, id, before.agentId) : before;
		const assignment = held?.state === "assigned" ? held : await assignments.request(app, id, { priority });
		if (assignment.state === "assigned" && assignment.agentId !== conversation.assignedAgentId) {
			await this.settle(app, id);
		}
		if (session.peopleFirst) await this.giveFloor(app, id, isTalkedIn);
		if (assignment.state === "waiting") await this.ports.queue.tell(app, id);
		else this.noteSettled(key);
	}

	private noteSettled(key: string): void {
		if (this.settled.size >= SETTLED_KEPT) this.settled.clear();
		this.settled.add(key);
	}

	/** Whether the agent isn't there: who is busy chose to be, and goes on with what they have. */
	private async isGone(app: string, agentId: string): Promise<boolean> {
		const agent = await this.ports.agents.get(app, agentId);
		return agent === undefined || agent.status === "offline" || agent.status === "away";
	}

	/** People answer while one of them is there; the bot only while none is. */
	private async giveFloor(app: string, id: string, isTalkedIn: boolean): Promise<void> {
		const { availability, office } = this.ports;
		if (isTalkedIn) return;
		const isStaffed = await availability.isAnybodyOnline(app);
		await office.giveFloor(app, id, isStaffed ? "people" : "answerer");
	}

	/** Brings conversation and session to who has it now: by the time that it's done, another may than when it was asked for. */
	private async settle(app: string, id: string): Promise<void> {
		const { conversations, agents, assignments, office, persons, queue } = this.ports;
		const [before, assignment] = await Promise.all([find(conversations, app, id), assignments.of(app, id)]);
		if (!before || isEnded(before.status)) return;
		const agentId = assignment?.state === "assigned" ? assignment.agentId : undefined;
		const agent = agentId === undefined ? undefined : await agents.get(app, agentId);
		if (!(await ifOpen(conversations.assign(app, id, agent && summaryOf(agent))))) return;
		const { assignedAgentId: former } = before;
		if (former !== undefined && former !== agentId) {
			const { user } = await persons.agent(app, former);
			await ifThere(office.unseat(app, id, { account: accountOf(former), user }));
			await this.tell(app, former, "released", id);
		}
		if (!agent) return;
		await ifThere(office.seat(app, id, accountOf(agent.id)));
		const session = await office.session(app, id);
		if (session?.peopleFirst)
			await this.giveFloor(
				app,
				id,
				session.participants.some(({ bargedIn }) => bargedIn),
			);
		if (former === agentId) return;
		await this.tell(app, agent.id, "assigned", id);
		await queue.assigned(app, id);
	}

	private async tell(app: string, agentId: string, event: "assigned" | "released", conversationId: string) {
		await this.ports.office.tell(app, accountOf(agentId), { type: "conversation", event, conversationId });
	}

	private inLane(app: string, id: string, work: () => Promise<void>): Promise<void> {
		const key = `${app}/${id}`;
		const before = this.lanes.get(key) ?? Promise.resolve();
		const done = before.then(work);
		const settled = done.then(
			() => {},
			() => {},
		);
		this.lanes.set(key, settled);
		void settled.then(() => {
			if (this.lanes.get(key) === settled) this.lanes.delete(key);
		});
		return done;
	}
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

/** Undefined where there's none: nobody is told of a session before its conversation is there. */
async function find(conversations: Conversations, app: string, id: string): Promise<Conversation | undefined> {
	try {
		return await conversations.get(app, id);
	} catch (error) {
		if (error instanceof RouterError && error.code === "conversation_unknown") return undefined;
		throw error;
	}
}

/** A conversation that was opened elsewhere has no session before the first message. */
async function ifThere(work: Promise<void>): Promise<void> {
	try {
		await work;
	} catch (error) {
		if (!(error instanceof RouterError && error.code === "session_unknown")) throw error;
	}
}

/** Answers whether it was done: a conversation may be closed meanwhile, and then nobody is to have it. */
async function ifOpen(work: Promise<unknown>): Promise<boolean> {
	try {
		await work;
		return true;
	} catch (error) {
		const isOver =
			error instanceof RouterError && (error.code === "conversation_closed" || error.code === "conversation_archived");
		if (!isOver) throw error;
		return false;
	}
}

function summaryOf({ id, email, name, avatar }: Agent): AgentSummary {
	return { id, email, name, avatar };
}
