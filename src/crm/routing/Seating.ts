import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Session } from "../../delivery/Session.js";
import { RouterError } from "../../protocol/errors.js";
import type { Agents } from "../agents/Agents.js";
import type { Assignments } from "../agents/Assignments.js";
import type { Availability } from "../agents/Availability.js";
import { accountOf } from "../agents/account.js";
import type { Agent } from "../agents/records.js";
import type { Conversations } from "../conversations/Conversations.js";
import { isEnded } from "../conversations/lifecycle.js";
import type { Persons } from "../conversations/Persons.js";
import type { AgentSummary, Conversation } from "../conversations/records.js";
import type { Queue } from "./Queue.js";

export interface SeatingPorts {
	readonly office: Pick<PostOffice, "session" | "giveFloor" | "seat" | "unseat" | "tell" | "participantOf">;
	readonly conversations: Conversations;
	readonly agents: Agents;
	readonly availability: Availability;
	readonly assignments: Assignments;
	readonly persons: Persons;
	readonly queue: Queue;
}

/** Has those hear and answer a conversation who should. To be called by one for a conversation at a time. */
export class Seating {
	constructor(private readonly ports: SeatingPorts) {}

	/** Brings conversation and session to who has it now: by the time that it's done, another may than when it was asked for. */
	async settle(app: string, id: string): Promise<void> {
		const { conversations, agents, assignments, office, persons, queue } = this.ports;
		const [before, assignment] = await Promise.all([conversationOf(conversations, app, id), assignments.of(app, id)]);
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
		await this.seat(app, id, agent.id);
		const session = await office.session(app, id);
		if (session?.peopleFirst) await this.giveFloor(app, id, isTalkedIn(session));
		if (former === agentId) return;
		await this.tell(app, agent.id, "assigned", id);
		await queue.assigned(app, id);
	}

	/** Has the agent's connections hear it, where that was to be done and wasn't. */
	async ensureSeated(app: string, id: string, agentId: string): Promise<void> {
		const { office, persons } = this.ports;
		const session = await office.session(app, id);
		if (!session) return;
		const { user } = await persons.agent(app, agentId);
		const name = office.participantOf(app, id, { role: "agent", user });
		const isThere = session.participants.some(
			({ id: each, endpoints }) => each === name && endpoints.some(({ connection }) => connection !== undefined),
		);
		if (!isThere) await this.seat(app, id, agentId);
	}

	/** People answer while one of them is there; the bot only while none is. */
	async giveFloor(app: string, id: string, hasPerson: boolean): Promise<void> {
		const { availability, office } = this.ports;
		if (hasPerson) return;
		const isStaffed = await availability.isAnybodyOnline(app);
		await office.giveFloor(app, id, isStaffed ? "people" : "answerer");
	}

	/** Whether the agent isn't there: who is busy chose to be, and goes on with what they have. */
	async isGone(app: string, agentId: string): Promise<boolean> {
		const agent = await this.ports.agents.get(app, agentId);
		return agent === undefined || agent.status === "offline" || agent.status === "away";
	}

	private seat(app: string, id: string, agentId: string): Promise<void> {
		return ifThere(this.ports.office.seat(app, id, accountOf(agentId)));
	}

	private async tell(app: string, agentId: string, event: "assigned" | "released", conversationId: string) {
		await this.ports.office.tell(app, accountOf(agentId), { type: "conversation", event, conversationId });
	}
}

/** Undefined where there's none: nobody is told of a session before its conversation is there. */
export async function conversationOf(
	conversations: Pick<Conversations, "get">,
	app: string,
	id: string,
): Promise<Conversation | undefined> {
	try {
		return await conversations.get(app, id);
	} catch (error) {
		if (error instanceof RouterError && error.code === "conversation_unknown") return undefined;
		throw error;
	}
}

/** Whether a person takes part. */
export function isTalkedIn({ participants }: Session): boolean {
	return participants.some(({ bargedIn }) => bargedIn);
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
export async function ifOpen(work: Promise<unknown>): Promise<boolean> {
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
