import { alias } from "../../delivery/identity.js";
import { userIdOf } from "../userId.js";

/** The user id of a customer: the same at all their clients, and nobody who knows the customer's id can tell it. */
export function customerUser(secret: string, app: string, customerId: string): string {
	return alias(secret, `customer ${app}`, customerId);
}

/** The user id of an agent, by the id that the CRM knows them by. */
export function agentUser(agentId: string): string {
	return userIdOf(agentId);
}
