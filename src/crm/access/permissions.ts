import type { Scope } from "./Actor.js";

/** With which records somebody may do something. */
export type Reach = "own" | "all" | "none";

/** What an action is done with: decides whose it is (`authorise.ts`). */
export type RecordKind = "customer" | "conversation" | "agent" | "app";

export interface Permission {
	readonly on: RecordKind;
	readonly customer: Reach;
	readonly agent: Reach;
	readonly admin: Reach;
	/** The scope that an API key must have, for all records of its app. */
	readonly server: Scope | "none";
}

function row(on: RecordKind, customer: Reach, agent: Reach, admin: Reach, server: Scope | "none"): Permission {
	return { on, customer, agent, admin, server };
}

/**
 * Who may what: every route of the API and every action of its sockets, once. An agent's own conversations are those
 * assigned to them and those of their departments. `none` for a server where a person must stand for it.
 */
export const PERMISSIONS = {
	// action                    on              customer agent   admin   server
	"customers.create": row("app", "none", "all", "all", "customers:write"),
	"customers.get": row("customer", "own", "all", "all", "customers:read"),
	"customers.update": row("customer", "none", "all", "all", "customers:write"),
	"customers.list": row("app", "none", "all", "all", "customers:read"),
	"customers.search": row("app", "none", "all", "all", "customers:read"),
	"customers.merge": row("customer", "none", "none", "all", "customers:write"),
	"customers.export": row("customer", "none", "none", "all", "customers:read"),
	"customers.erase": row("customer", "none", "none", "all", "customers:write"),

	"conversations.create": row("customer", "own", "all", "all", "conversations:write"),
	"conversations.get": row("conversation", "own", "own", "all", "conversations:read"),
	"conversations.update": row("conversation", "none", "own", "all", "conversations:write"),
	"conversations.list": row("conversation", "own", "own", "all", "conversations:read"),
	"conversations.assign": row("conversation", "none", "own", "all", "conversations:write"),
	"conversations.close": row("conversation", "own", "own", "all", "conversations:write"),
	"conversations.reopen": row("conversation", "own", "own", "all", "conversations:write"),
	"conversations.archive": row("conversation", "none", "own", "all", "conversations:write"),
	"conversations.rate": row("conversation", "own", "none", "none", "none"),
	"conversations.handoff": row("conversation", "none", "own", "all", "conversations:write"),
	"conversations.read": row("conversation", "own", "own", "all", "none"),
	"conversations.knowledge": row("conversation", "none", "own", "all", "conversations:write"),

	"agents.create": row("app", "none", "none", "all", "agents:write"),
	"agents.get": row("agent", "none", "all", "all", "agents:read"),
	"agents.update": row("agent", "none", "none", "all", "agents:write"),
	"agents.status": row("agent", "none", "own", "all", "none"),
	"agents.list": row("app", "none", "all", "all", "agents:read"),
	"agents.available": row("app", "none", "all", "all", "agents:read"),
	"agents.password": row("agent", "none", "own", "all", "none"),
	"agents.role": row("agent", "none", "none", "all", "none"),
	"agents.revoke": row("agent", "none", "own", "all", "none"),

	"messages.create": row("conversation", "own", "own", "all", "messages:write"),
	"messages.get": row("conversation", "own", "own", "all", "messages:read"),
	"messages.list": row("conversation", "own", "own", "all", "messages:read"),
	"messages.search": row("conversation", "own", "own", "all", "messages:read"),
	"messages.stats": row("conversation", "none", "own", "all", "messages:read"),

	"attachments.upload": row("conversation", "own", "own", "all", "attachments:write"),
	"attachments.get": row("conversation", "own", "own", "all", "messages:read"),

	"knowledge.write": row("app", "none", "none", "all", "knowledge:write"),
	"knowledge.read": row("app", "none", "all", "all", "knowledge:read"),
	"knowledge.search": row("app", "none", "all", "all", "knowledge:read"),
	"knowledge.answer": row("app", "none", "all", "all", "knowledge:read"),

	"apiKeys.create": row("app", "none", "none", "all", "none"),
	"apiKeys.list": row("app", "none", "none", "all", "none"),
	"apiKeys.revoke": row("app", "none", "none", "all", "none"),

	"audit.list": row("app", "none", "none", "all", "none"),

	"session.me": row("app", "all", "all", "all", "none"),
	"session.connectTicket": row("app", "all", "all", "all", "none"),

	"socket.sendMessage": row("conversation", "own", "own", "all", "none"),
	"socket.typing": row("conversation", "own", "own", "all", "none"),
	"socket.markRead": row("conversation", "own", "own", "all", "none"),
	"socket.resume": row("conversation", "own", "own", "all", "none"),
	"socket.closeConversation": row("conversation", "own", "own", "all", "none"),
	"socket.rate": row("conversation", "own", "none", "none", "none"),
	"socket.ping": row("app", "all", "all", "all", "none"),
	// A widget's visitor comes to their session, or leaves it; customers of the chat API connect for theirs.
	"socket.visit": row("conversation", "own", "none", "none", "none"),
	"socket.join": row("conversation", "none", "own", "all", "none"),
	"socket.leave": row("conversation", "none", "own", "all", "none"),
	"socket.takeOver": row("conversation", "none", "own", "all", "none"),
	"socket.giveBack": row("conversation", "none", "own", "all", "none"),
	"socket.note": row("conversation", "none", "own", "all", "none"),
	"socket.subscribe": row("app", "none", "all", "all", "none"),
} as const satisfies Record<string, Permission>;

export type Action = keyof typeof PERMISSIONS;

/** Asked without anybody being somebody yet: they have no row, and no actor. */
export const OPEN_ROUTES = ["auth.login", "auth.refresh", "auth.logout", "problems.get"] as const;
export type OpenAction = (typeof OPEN_ROUTES)[number];
