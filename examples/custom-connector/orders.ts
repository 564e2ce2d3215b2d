/** A made-up shop's orders. Yours would come from a database or a web service. */
export interface Order {
	readonly number: string;
	readonly status: string;
}

export async function findOrder(number: string, signal: AbortSignal): Promise<Order | undefined> {
	// Pass the signal on to whatever you wait for: it's aborted when the turn's time is up.
	signal.throwIfAborted();
	return ORDERS.find((order) => order.number === number);
}

const ORDERS: readonly Order[] = [
	{ number: "1234", status: "is on its way and should be with you tomorrow" },
	{ number: "1235", status: "is being packed right now" },
	{ number: "1236", status: "was delivered on Monday; your neighbour signed for it" },
];
