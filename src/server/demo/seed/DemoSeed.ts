import { setImmediate as turn } from "node:timers/promises";
import type { Agent } from "../../../crm/agents/records.js";
import type { Crm } from "../../../crm/Crm.js";
import type { ActIn } from "../../../crm/conversations/Handling.js";
import type { ConversationFields } from "../../../crm/conversations/records.js";
import { alias } from "../../../delivery/identity.js";
import type { Person } from "../../../delivery/Letterbox.js";
import { RouterError } from "../../../protocol/errors.js";
import { textRequest } from "../../../protocol/stentor.js";
import { AGENTS } from "./people.js";
import type { Planned, PlannedLine } from "./plan.js";

export interface DemoSeedPorts {
	/** Its clock is `clock`. */
	readonly crm: Crm;
	readonly clock: SetClock;
	readonly app: string;
	/** Makes the conversations' ids: they're their customers' secrets, in a demo too. */
	readonly secret: string;
}

/** A clock that shows what it's set to, epoch milliseconds: what is done by it has been done then. */
export class SetClock {
	constructor(public now: number) {}

	readonly read = (): number => this.now;
}

/** Says that a conversation is whole: nothing is to be done to it again, whatever has become of it since. */
const WHOLE = { demo: "whole" };

/**
 * Fills the CRM with a demo, through its services, as if it had happened at its times. Done again, it makes only what is
 * missing: people are known by their addresses, conversations and messages by ids that are always the same.
 */
export class DemoSeed {
	private readonly agents = new Map<string, Agent>();

	constructor(private readonly ports: DemoSeedPorts) {}

	/** Answers how many agents were made. */
	async makeAgents(): Promise<number> {
		const { crm, app } = this.ports;
		let made = 0;
		for (const each of AGENTS) {
			const known = await crm.agents.byEmail(app, each.email);
			const agent = known ?? (await crm.accounts.create(app, each));
			if (!known) made++;
			// Conversations can be given to who is there only.
			if (!known) await crm.availability.choose(app, agent.id, "online");
			this.agents.set(each.email, agent);
		}
		return made;
	}

	/** Answers whether anything of it was missing. */
	async makeConversation(planned: Planned, now: number): Promise<boolean> {
		const { crm, clock, app, secret } = this.ports;
		const { customer, subject, tags, priority, channel } = planned;
		const id = alias(secret, `demo ${app}`, String(planned.number));
		if ((await this.found(id))?.metadata?.demo === WHOLE.demo) return false;
		clock.now = now - planned.agoMs;
		const { conversation } = await crm.conversations.open(
			app,
			{ customer, subject, tags: [...tags], priority, channel },
			{ id },
		);
		const agent = this.agents.get(planned.agent);
		if (!agent) throw new Error(`The demo has no agent ${planned.agent}.`);
		await this.talk(conversation, planned, agent);
		await this.end(conversation, planned, agent);
		await crm.conversations.update(app, id, { metadata: WHOLE });
		return true;
	}

	private async talk(conversation: ConversationFields, { lines }: Planned, agent: Agent): Promise<void> {
		const { crm, clock } = this.ports;
		const customer: Person = { role: "visitor", ...crm.persons.customer(conversation) };
		const staff = await crm.persons.agent(conversation.appId, agent.id);
		for (const [i, line] of lines.entries()) {
			clock.now += line.afterMs;
			await crm.handling.act(conversation, line.by === "customer" ? customer : staff, actOf(line, i));
			if (i === 0) await this.assign(conversation, agent);
		}
	}

	private async found(id: string): Promise<ConversationFields | undefined> {
		try {
			return await this.ports.crm.conversations.get(this.ports.app, id);
		} catch (error) {
			if (error instanceof RouterError && error.code === "conversation_unknown") return undefined;
			throw error;
		}
	}

	private async assign({ appId: app, id }: ConversationFields, agent: Agent): Promise<void> {
		const { crm } = this.ports;
		const { email, name, avatar } = agent;
		await crm.availability.choose(app, agent.id, "online");
		try {
			await crm.assignments.assign(app, id, agent.id);
			await crm.conversations.assign(app, id, { id: agent.id, email, name, avatar });
		} catch (error) {
			// They have as many as they may have: it waits for another one.
			if (!(error instanceof RouterError) || error.code !== "agent_at_capacity") throw error;
		}
	}

	private async end(conversation: ConversationFields, { end, rating }: Planned, agent: Agent): Promise<void> {
		const { crm, clock } = this.ports;
		const { appId: app, id } = conversation;
		const staff = await crm.persons.agent(app, agent.id);
		const customer: Person = { role: "visitor", ...crm.persons.customer(conversation) };
		clock.now += 60_000;
		if (end === "open") return;
		if (end === "pending") {
			await crm.handling.wait(conversation);
			return;
		}
		const now = await crm.conversations.get(app, id);
		if (now.status !== "archived") await crm.handling.close(conversation, staff);
		clock.now += 60_000;
		if (rating && now.satisfaction === undefined && now.status !== "archived")
			await crm.handling.rate(conversation, customer, rating);
		if (end === "archived") await crm.handling.archive(conversation, staff);
		await crm.assignments.release(app, id);
		await turn();
	}
}

function actOf({ by, text }: PlannedLine, i: number): ActIn {
	const messageId = `demo-${i}`;
	if (by === "note") return { type: "note", messageId, text };
	return { type: "message", messageId, request: textRequest(text) };
}
