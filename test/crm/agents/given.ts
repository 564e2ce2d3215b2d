import { Agents } from "../../../src/crm/agents/Agents.js";
import { AgentUpkeep, type ConversationStates } from "../../../src/crm/agents/AgentUpkeep.js";
import { Assignments } from "../../../src/crm/agents/Assignments.js";
import { Availability } from "../../../src/crm/agents/Availability.js";
import { type AgentStatus, agents as agentCollection } from "../../../src/crm/agents/records.js";
import { Notes } from "../../support/office.js";
import type { Place } from "./everyStorage.js";

export const APP = "shop";

/** One process's agents' side, on a storage that others may share. */
export class Desk {
	readonly notes = new Notes();
	readonly agents: Agents;
	readonly availability: Availability;
	readonly assignments: Assignments;
	readonly upkeep: AgentUpkeep;
	/** What was told of who has what. */
	readonly changes: (readonly [conversationId: string, agentId: string | undefined])[] = [];
	/** Conversations that are over. */
	readonly over = new Set<string>();

	constructor(readonly place: Place) {
		const { topic, storage, clock } = place;
		const conversations: ConversationStates = { over: async (_, ids) => ids.filter((id) => this.over.has(id)) };
		const ports = { topic, storage, clock: clock.read, freed: (app: string, id: string) => this.freed(app, id) };
		this.agents = new Agents(ports);
		this.availability = new Availability(ports);
		this.assignments = new Assignments({
			...ports,
			availability: this.availability,
			monitor: this.notes,
			onChange: (_, conversationId, agentId) => this.changes.push([conversationId, agentId]),
		});
		const { availability, assignments } = this;
		this.upkeep = new AgentUpkeep({ ...ports, monitor: this.notes, availability, assignments, conversations });
	}

	/** Agents of this capacity, `<name>0` and so on, in this status. */
	async staff(
		count: number,
		{
			name = "agent",
			status = "online",
			...given
		}: { name?: string; status?: AgentStatus; capacity?: number; skills?: string[]; departments?: string[] } = {},
	): Promise<string[]> {
		const made = await Promise.all(
			Array.from({ length: count }, (_, i) =>
				this.agents.create(APP, { email: `${name}${i}@example.com`, name: `${name} ${i}`, ...given }),
			),
		);
		await Promise.all(made.map(({ id }) => this.availability.choose(APP, id, status)));
		await this.assignments.idle();
		return made.map(({ id }) => id);
	}

	/** What an agent is said to have. */
	async load(id: string): Promise<number | undefined> {
		return (await this.agents.get(APP, id))?.activeConversations;
	}

	/** Sets a count wrong, as no code of ours would. */
	async spoil(id: string, activeConversations: number): Promise<void> {
		const { storage, topic } = this.place;
		const set = [["activeConversations", activeConversations]] as const;
		await storage.update(agentCollection, [`${topic}/${APP}/${id}`], { set });
	}

	private freed(app: string, id: string): void {
		void this.assignments.dispatch(app, id);
	}
}
