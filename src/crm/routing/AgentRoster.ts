import type { DoneAtDesk, Roster } from "../../delivery/ports.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import { RouterError } from "../../protocol/errors.js";
import type { Action } from "../access/permissions.js";
import type { Availability } from "../agents/Availability.js";
import { agentIn } from "../agents/account.js";
import type { AuditTrail } from "../audit/AuditTrail.js";
import type { Conversations } from "../conversations/Conversations.js";
import type { Routing } from "./Routing.js";

export interface AgentRosterPorts {
	readonly availability: Pick<Availability, "active">;
	readonly conversations: Pick<Conversations, "list" | "seen">;
	readonly routing: Pick<Routing, "tookOver">;
	readonly audit: Pick<AuditTrail, "note">;
	readonly monitor: Monitor;
	/** Epoch milliseconds. */
	readonly clock: () => number;
}

/** How often an account's activity is noted at most, in milliseconds. */
const NOTED_EVERY_MS = 30_000;
const NOTES_KEPT = 10_000;
/** As many of an agent's conversations as a connection hears from the beginning. */
const CHARGES = 100;

/** What the audit trail calls what is done at sockets. */
const AUDITED: { readonly [command in DoneAtDesk["command"]]?: Action } = {
	bargeIn: "socket.takeOver",
	bargeOut: "socket.giveBack",
	close: "socket.closeConversation",
	note: "socket.note",
};

/** What agents at sockets take care of, and what they do. */
export class AgentRoster implements Roster {
	private readonly noted = new Map<string, number>();
	private readonly running = new Set<Promise<void>>();

	constructor(private readonly ports: AgentRosterPorts) {}

	async arrived(app: string, account: string): Promise<readonly string[]> {
		const agentId = agentIn(account);
		if (agentId === undefined) return [];
		this.active(app, account);
		const going = ["open", "pending"] as const;
		const lists = going.map((status) => this.ports.conversations.list(app, { agentId, status }, { limit: CHARGES }));
		return (await Promise.all(lists)).flatMap(({ items }) => items.map(({ id }) => id));
	}

	active(app: string, account: string): void {
		const agentId = agentIn(account);
		const key = `${app}/${account}`;
		const now = this.ports.clock();
		if (agentId === undefined || now - (this.noted.get(key) ?? Number.NEGATIVE_INFINITY) < NOTED_EVERY_MS) return;
		if (this.noted.size >= NOTES_KEPT) this.noted.clear();
		this.noted.set(key, now);
		this.run(() => this.ports.availability.active(app, agentId));
	}

	tookOver(app: string, sessionId: string, account: string): void {
		const agentId = agentIn(account);
		if (agentId !== undefined) this.run(() => this.ports.routing.tookOver(app, sessionId, agentId));
	}

	did(
		app: string,
		sessionId: string,
		{ account, isAdmin }: { readonly account: string; readonly isAdmin: boolean },
		{ command, trace: requestId }: DoneAtDesk,
	): void {
		const agentId = agentIn(account);
		const action = AUDITED[command];
		if (agentId === undefined || action === undefined) return;
		const actor = { role: isAdmin ? "admin" : "agent", id: agentId } as const;
		const subject = { kind: "conversation", id: sessionId };
		this.run(() => this.ports.audit.note(app, { actor, action, subject, outcome: "done", requestId }));
	}

	read(app: string, sessionId: string, seq: number): void {
		this.run(() => this.ports.conversations.seen(app, sessionId, seq));
	}

	/** Resolves when what was told has been noted. */
	async idle(): Promise<void> {
		while (this.running.size > 0) await Promise.all(this.running);
	}

	private run(work: () => Promise<void>): void {
		const done = work().catch((error: unknown) => {
			// Tokens of the command line are nobody's whom the CRM knows.
			if (error instanceof RouterError && error.code === "agent_unknown") return;
			this.ports.monitor.error("agent not noted", error);
		});
		this.running.add(done);
		void done.then(() => this.running.delete(done));
	}
}
