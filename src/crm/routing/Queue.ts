import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Assignments } from "../agents/Assignments.js";

/** How many of those who wait are told when they move up: places further back change less than they're worth. */
const TOLD = 20;
/** A place further back isn't counted. */
const COUNTED = 100;

/** Tells customers who wait for a person where they stand in the queue. */
export class Queue {
	constructor(
		private readonly ports: {
			readonly assignments: Pick<Assignments, "waiting">;
			readonly office: Pick<PostOffice, "tellSession">;
		},
	) {}

	/** Tells the customer of a conversation their place, unless it's far back. */
	async tell(app: string, id: string): Promise<void> {
		const { conversationIds } = await this.ports.assignments.waiting(app, { limit: COUNTED });
		const at = conversationIds.indexOf(id);
		if (at >= 0) await this.place(app, id, at + 1);
	}

	/** A conversation waits no longer: the others move up. */
	async assigned(app: string, id: string): Promise<void> {
		const { conversationIds } = await this.ports.assignments.waiting(app, { limit: TOLD });
		await this.place(app, id, 0);
		await Promise.all(conversationIds.map((each, at) => this.place(app, each, at + 1)));
	}

	private async place(app: string, id: string, position: number): Promise<void> {
		await this.ports.office.tellSession(app, id, "visitor", { type: "queue", position });
	}
}
