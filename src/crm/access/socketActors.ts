import type { DeskSubscriber } from "../../connectors/Desk.js";
import { RouterError } from "../../protocol/errors.js";
import type { Agents } from "../agents/Agents.js";
import { agentIn } from "../agents/account.js";
import type { StaffActor } from "./Actor.js";

/**
 * Whom an agent's connection stands for: what it was let in as, with the departments that its agent has now. Whoever
 * changes the agent's role ends their connections. The answer's function throws `forbidden` for what is no agent's.
 */
export function socketActors(
	agents: Pick<Agents, "get">,
): (at: Pick<DeskSubscriber, "app" | "account" | "isAdmin">) => Promise<StaffActor> {
	return async ({ app, account, isAdmin }) => {
		const agentId = account === undefined ? undefined : agentIn(account);
		if (agentId === undefined) throw new RouterError("forbidden");
		const { departments = [] } = (await agents.get(app, agentId)) ?? {};
		return { role: isAdmin ? "admin" : "agent", app, agentId, departments };
	};
}
