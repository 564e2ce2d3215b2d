/** A customer who comes by the chat API. Nothing of it is proved. */
export interface CustomerArrival {
	/** The app's id. */
	readonly app: string;
	readonly email: string;
	readonly name?: string;
	/** The conversation that they want to go on with. */
	readonly conversationId?: string;
	/** What proves that it's theirs, where that's asked for. */
	readonly token?: string;
}

/** Where a customer talks, and as whom. */
export interface Reception {
	/** The session's id. */
	readonly conversationId: string;
	readonly customerId: string;
	/** People answer; the bot only while nobody is there. Default: the app's bot answers until a person takes over. */
	readonly peopleFirst?: boolean;
	/** With it the same customer comes back to this conversation. */
	readonly token?: string;
}

/** Who receives customers: what the CRM does for the chat API's connections. */
export interface FrontDesk {
	/**
	 * Finds or creates the customer of this e-mail and a conversation of theirs, in one atomic step: the one of
	 * `conversationId` if it's theirs, else a new one. Throws a `RouterError` to refuse the connection.
	 */
	open(arrival: CustomerArrival): Promise<Reception>;
}
