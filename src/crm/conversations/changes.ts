import type { Entry } from "../../protocol/envelope.js";
import type { Belonging } from "./belonging.js";

/** That a conversation has changed, or may have; what it's now is to be read. */
export interface ConversationChange {
	readonly app: string;
	readonly id: string;
	/** Whose it was, where that has changed. */
	readonly before?: Belonging;
	/** What was said in it, and may not have been counted yet. */
	readonly entry?: Entry;
	/** What was said in it was erased: nothing of it may be kept. */
	readonly erased?: true;
}

/** Is told of changes once they're durable. */
export type ChangeListener = (change: ConversationChange) => void;

/** Where changes come from: those of one conversation in their order, each at least once. */
export interface Changes {
	/** Until what it answers is called. */
	listen(listener: ChangeListener): () => void;
}

/** The changes that this process makes. */
export class LocalChanges implements Changes {
	private readonly listeners = new Set<ChangeListener>();

	/** For `ConversationPorts`. */
	readonly announce: ChangeListener = (change) => {
		for (const listener of this.listeners) listener(change);
	};

	listen(listener: ChangeListener): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}
}

/** Whether who may see one may not see the other, or the other way round. */
export function isElsewhere(before: Belonging, after: Belonging): boolean {
	return before.assignedAgentId !== after.assignedAgentId || before.department !== after.department;
}
