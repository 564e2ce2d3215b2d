import type { StaffActor } from "../access/Actor.js";
import { may } from "../access/authorise.js";
import type { Belonging } from "../conversations/belonging.js";

/** Who has a conversation in their lists that is whose `belonging` says. */
export function sees(belonging: Belonging): (actor: StaffActor) => boolean {
	return (actor) => may(actor, "conversations.list", belonging);
}
