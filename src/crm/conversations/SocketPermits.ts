import type { Asking, Permits, Visiting } from "../../delivery/ports.js";
import type { Command } from "../../protocol/Dialect.js";
import { RouterError } from "../../protocol/errors.js";
import { authorise, reachOf } from "../access/authorise.js";
import { type Action, PERMISSIONS } from "../access/permissions.js";
import { socketActors } from "../access/socketActors.js";
import type { Agents } from "../agents/Agents.js";
import type { Barring } from "./Barring.js";
import type { Conversations } from "./Conversations.js";

/** What each command is in the table of permissions. */
const ACTIONS: Readonly<Record<Command["type"], Action>> = {
	join: "socket.join",
	leave: "socket.leave",
	message: "socket.sendMessage",
	note: "socket.note",
	typing: "socket.typing",
	bargeIn: "socket.takeOver",
	bargeOut: "socket.giveBack",
	close: "socket.closeConversation",
	rate: "socket.rate",
	resume: "socket.resume",
	receipt: "socket.markRead",
	subscribe: "socket.subscribe",
	unsubscribe: "socket.subscribe",
	ping: "socket.ping",
	// Asked for by REST alone.
	reopen: "conversations.reopen",
	archive: "conversations.archive",
	handOff: "conversations.handoff",
};
/** What only widgets' visitors do by these commands. */
const VISITORS: Partial<Record<Command["type"], Action>> = { join: "socket.visit", leave: "socket.visit" };

/** The action of the table that somebody of this role asks for by a command. */
export function socketAction(command: Command["type"], role: Asking["role"]): Action {
	return (role === "visitor" ? VISITORS[command] : undefined) ?? ACTIONS[command];
}

export interface SocketPermitsPorts {
	readonly agents: Pick<Agents, "get">;
	readonly conversations: Pick<Conversations, "belonging">;
	readonly barring: Pick<Barring, "visit">;
}

/**
 * For how long an agent may do what they were found to be allowed, in milliseconds: they send many frames. What another
 * process changes is noticed after that.
 */
const GRANTED_MS = 1_000;
/** How many such findings are kept. */
const KEPT = 10_000;

/**
 * Answers for sockets by the table of permissions. What an agent may is looked up again and again: they may have moved to
 * another department since they connected, and so may the conversation.
 */
export class SocketPermits implements Permits {
	private readonly actorOf: ReturnType<typeof socketActors>;
	/** Until when what was found holds, in milliseconds of `performance.now`; the oldest first. */
	private readonly granted = new Map<string, number>();

	constructor(private readonly ports: SocketPermitsPorts) {
		this.actorOf = socketActors(ports.agents);
	}

	/** Throws, or rejects with, `agent_token_required` for visitors, `forbidden` for agents. */
	ask(asking: Asking): Promise<void> | undefined {
		const { app, role, isAdmin, command } = asking;
		const action = socketAction(command, role);
		if (role === "visitor") {
			if (PERMISSIONS[action].customer === "none") throw new RouterError("agent_token_required");
			return undefined;
		}
		const someone = { role: isAdmin ? "admin" : "agent", app, agentId: "", departments: [] } as const;
		const reach = reachOf(someone, action);
		if (reach === "all") return undefined;
		if (reach === "none") throw new RouterError("forbidden", `${action} is not for this ${someone.role}.`);
		const found = `${app} ${asking.account} ${asking.sessionId}`;
		if ((this.granted.get(found) ?? 0) > performance.now()) return undefined;
		return this.askForOwn(action, asking).then(() => this.grant(found));
	}

	/** Rejects with `customer_blocked`. */
	visit(visiting: Visiting): Promise<void> {
		return this.ports.barring.visit(visiting);
	}

	/** Who belongs where has changed. */
	forget(): void {
		this.granted.clear();
	}

	private grant(found: string): void {
		this.granted.delete(found);
		this.granted.set(found, performance.now() + GRANTED_MS);
		const [oldest] = this.granted.size > KEPT ? this.granted.keys() : [];
		if (oldest !== undefined) this.granted.delete(oldest);
	}

	private async askForOwn(action: Action, { app, account, isAdmin, sessionId = "" }: Asking): Promise<void> {
		const [actor, belonging] = await Promise.all([
			this.actorOf({ app, account, isAdmin }),
			this.ports.conversations.belonging(app, sessionId),
		]);
		// What isn't followed yet is of no department, and nobody's.
		authorise(actor, action, belonging ?? { kind: "conversation", app, id: sessionId, customerId: "" });
	}
}
