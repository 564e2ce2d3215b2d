import { RouterError } from "../protocol/errors.js";
import type { StaffHolder, Tickets } from "./Tickets.js";

/** The member of the staff whose ticket it is; it's used up by that. Throws `RouterError` `token_invalid`. */
export async function redeemStaffs(tickets: Tickets, app: string, ticket: string): Promise<StaffHolder> {
	const holder = await tickets.redeem(app, ticket);
	if (holder.role === "customer") throw new RouterError("token_invalid");
	return holder;
}
