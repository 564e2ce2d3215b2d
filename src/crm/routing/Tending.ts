import type { Lanes } from "../../delivery/Lanes.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import type { Held } from "../agents/AgentUpkeep.js";
import { conversationOf, type Seating, type SeatingPorts } from "./Seating.js";

export interface TendingPorts extends Pick<SeatingPorts, "office" | "conversations" | "availability" | "assignments"> {
	readonly monitor: Monitor;
	/** Keyed by app and conversation: what is done with one is done one after the other. */
	readonly lanes: Lanes;
	readonly seating: Seating;
	/** Has somebody care for a conversation, as it is now. */
	readonly care: (app: string, id: string) => Promise<void>;
}

const PAGE = 100;

/**
 * Makes good, now and then, what was missed when it happened: a process died, a storage failed, an agent went away. What
 * fails in one conversation is told to the monitor and keeps nobody from the next.
 */
export class Tending {
	constructor(private readonly ports: TendingPorts) {}

	/**
	 * Conversations that agents have: each is brought to who has it. One whose customer waits for an answer of an agent who
	 * isn't there is cared for as if the customer had written just now. While nobody is there, the bot answers.
	 */
	async held(app: string, held: readonly Held[]): Promise<void> {
		const { seating } = this.ports;
		const gone = new Map<string, boolean>();
		for (const { conversationId: id, agentId } of held) {
			await this.each(app, id, async () => {
				if (!gone.has(agentId)) gone.set(agentId, await seating.isGone(app, agentId));
				await this.one(app, { conversationId: id, agentId }, gone.get(agentId) === true);
			});
		}
		await this.leaveToBot(
			app,
			held.map(({ conversationId }) => conversationId),
		);
	}

	/** Those who wait do so for the department that's theirs by now; while nobody is there, the bot answers them. */
	async waiting(app: string): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.ports.assignments.waiting(app, { limit: PAGE, cursor });
			for (const id of page.conversationIds) await this.each(app, id, () => this.moveToOwn(app, id));
			await this.leaveToBot(app, page.conversationIds);
			cursor = page.cursor;
		} while (cursor !== undefined);
	}

	/** Read just before: somebody may be moving it to another department. */
	private async moveToOwn(app: string, id: string): Promise<void> {
		const conversation = await conversationOf(this.ports.conversations, app, id);
		if (conversation) await this.ports.assignments.move(app, id, { own: conversation.department ?? null });
	}

	private async one(app: string, { conversationId: id, agentId }: Held, isGone: boolean): Promise<void> {
		const { conversations, seating, care } = this.ports;
		const conversation = await conversationOf(conversations, app, id);
		if (!conversation) return;
		if (conversation.assignedAgentId !== agentId) return seating.settle(app, id);
		if (!isGone) return seating.ensureSeated(app, id, agentId);
		if ((await conversations.activity(app, id))?.waitingSince !== undefined) await care(app, id);
	}

	private async leaveToBot(app: string, ids: readonly string[]): Promise<void> {
		const { office, availability } = this.ports;
		if (ids.length === 0 || (await availability.isAnybodyOnline(app))) return;
		for (const id of ids) {
			await this.each(app, id, async () => {
				if (!(await office.session(app, id))?.peopleFirst) return;
				// Somebody may have come while the conversation's turn was waited for.
				if (!(await availability.isAnybodyOnline(app))) await office.giveFloor(app, id, "answerer");
			});
		}
	}

	private async each(app: string, id: string, work: () => Promise<void>): Promise<void> {
		const { lanes, monitor } = this.ports;
		try {
			await lanes.run(`${app}/${id}`, work);
		} catch (error) {
			monitor.error("conversation not tended", error, { app });
		}
	}
}
