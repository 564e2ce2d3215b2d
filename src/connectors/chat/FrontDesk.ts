interface Arrival {
	/** The app's id. */
	readonly app: string;
	readonly name?: string;
	/** The conversation that they want to go on with. */
	readonly conversationId?: string;
}

/** A customer who comes by the chat API. Nothing of it is proved. */
export interface UnknownArrival extends Arrival {
	readonly email: string;
	/** What proves that it's theirs, where that's asked for. */
	readonly token?: string;
}

/** A customer who has proved who they are, and which conversation is the only one that they may come to, if one is. */
export interface ProvedArrival extends Arrival {
	readonly proved: { readonly customerId: string; readonly conversationId?: string };
}

export type CustomerArrival = UnknownArrival | ProvedArrival;

/** Where a customer talks, and as whom. */
export interface Reception {
	/** The session's id. */
	readonly conversationId: string;
	readonly customerId: string;
	/** By which customer's id the session knows them, where it began before they were joined with this one. */
	readonly knownAs?: string;
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
