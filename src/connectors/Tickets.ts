/** Somebody of the staff who came with a ticket. */
export interface StaffHolder {
	readonly role: "agent" | "admin";
	/** The agent's id. */
	readonly subject: string;
	readonly name?: string;
	/** When what they got the ticket with ends, in epoch seconds. Default: never. */
	readonly until?: number;
}

/** A customer who came with a ticket. */
export interface CustomerHolder {
	readonly role: "customer";
	readonly customerId: string;
	/** The only conversation that they may come to. Default: all of theirs. */
	readonly conversationId?: string;
	/** When what they got the ticket with ends, in epoch seconds. Default: never. */
	readonly until?: number;
}

/** Tickets that let somebody in once, as the query's `ticket`: no token rides in an address then. */
export interface Tickets {
	/** Whose it is; it's used up by that. Throws `RouterError` `token_invalid`. */
	redeem(app: string, ticket: string): Promise<StaffHolder | CustomerHolder>;
}

/** How customers' tickets begin; others are staff's. It only tells which connector is to redeem one. */
export const CUSTOMERS_TICKET = "c.";

/** The ticket that a client came with, if it's one for these. */
export function ticketIn(
	{ ticket }: Readonly<Record<string, string | undefined>>,
	of: "customer" | "staff",
): string | undefined {
	if (!ticket) return undefined;
	return ticket.startsWith(CUSTOMERS_TICKET) === (of === "customer") ? ticket : undefined;
}
