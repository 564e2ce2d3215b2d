/** A connection of an agent that wants to be told of conversations that change. */
export interface DeskSubscriber {
	readonly connection: string;
	readonly app: string;
	/** See `Admission`. */
	readonly account?: string;
	readonly isAdmin?: boolean;
}

/**
 * Tells agents' desks of conversations that change: `conversation` signals, by `PostOffice.announce`, to whoever may see
 * the conversation.
 */
export interface Desk {
	/**
	 * Begins, or begins anew, and says so by a `subscribed` signal, before which it has told what changed since the cursor:
	 * whole, or `recovered` is false, as without a cursor. Throws a `RouterError` to refuse it.
	 */
	subscribe(subscriber: DeskSubscriber, since?: string): Promise<void>;
	/** Ends it; of a connection that hasn't subscribed, nothing. */
	unsubscribe(subscriber: Pick<DeskSubscriber, "connection" | "app">): Promise<void> | void;
}
