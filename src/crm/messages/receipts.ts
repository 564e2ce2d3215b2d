import type { Session, SessionParticipant } from "../../delivery/Session.js";
import type { Entry } from "../../protocol/envelope.js";

/** How far each reader of a session is: by participant, or by `<participant>/<endpoint>` what has been pushed there. */
export type Receipts = ReadonlyMap<
	string,
	{ readonly delivered?: number; readonly read?: number; readonly pushed?: number }
>;

type Status = "sent" | "delivered" | "read";

/**
 * The least of what those on the other side of an entry have: for a customer's, the agents who take part, or without any
 * of them nobody; for everybody else's, the customer.
 */
export function statusOf({ seq, from }: Entry, { participants }: Session, receipts: Receipts): Status {
	const others = participants.filter(({ id, role, bargedIn }) => {
		if (id === from.id) return false;
		return from.role === "visitor" ? role === "agent" && bargedIn : role === "visitor";
	});
	const statuses = others.map((other) => has(other, seq, receipts));
	if (statuses.length === 0 || statuses.includes("sent")) return "sent";
	return statuses.includes("delivered") ? "delivered" : "read";
}

function has({ id }: SessionParticipant, seq: number, receipts: Receipts): Status {
	let [delivered, read] = [0, 0];
	for (const [reader, at] of receipts) {
		if (reader !== id && !reader.startsWith(`${id}/`)) continue;
		read = Math.max(read, at.read ?? 0);
		delivered = Math.max(delivered, at.delivered ?? 0, at.pushed ?? 0);
	}
	if (read >= seq) return "read";
	return delivered >= seq ? "delivered" : "sent";
}
