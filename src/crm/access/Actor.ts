/** Somebody who takes care of customers: an agent, or an admin, who may also do what agents may. */
export interface StaffActor {
	readonly role: "agent" | "admin";
	readonly app: string;
	readonly agentId: string;
	/** Empty: all. */
	readonly departments: readonly string[];
	/** Of the account that they signed in with, then: a newer one ends it. Absent where it's no account of ours. */
	readonly version?: number;
}

export interface CustomerActor {
	readonly role: "customer";
	readonly app: string;
	readonly customerId: string;
	/** The only conversation that their token opens; without it, whoever they are is proved, and all of theirs are. */
	readonly conversationId?: string;
}

/** A server of the owner's, with an API key. */
export interface ServerActor {
	readonly role: "server";
	readonly app: string;
	readonly keyId: string;
	readonly scopes: readonly Scope[];
}

/** Who asks: made only of what was verified. */
export type Actor = StaffActor | CustomerActor | ServerActor;
export type ActorRole = Actor["role"];

export const SCOPES = [
	"customers:read",
	"customers:write",
	"conversations:read",
	"conversations:write",
	"agents:read",
	"agents:write",
	"messages:read",
	"messages:write",
	"attachments:write",
	"knowledge:read",
	"knowledge:write",
] as const;
/** What an API key may be used for. */
export type Scope = (typeof SCOPES)[number];
