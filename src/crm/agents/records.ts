import { defineCollection } from "../../storage/Storage.js";

export const AGENT_STATUSES = ["online", "offline", "away", "busy"] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export interface AgentRecord {
	/** `<topic>/<app>/<id>`. */
	agent: string;
	/** `<topic>/<app>`. */
	scope: string;
	/** `<topic>/<app>/<status>`. */
	state: string;
	appId: string;
	id: string;
	email: string;
	name: string;
	avatar?: string;
	status: AgentStatus;
	/** How many conversations the agent takes at the same time. */
	capacity: number;
	/** How many they have. Changes only in a transaction with the assignment that it counts. */
	activeConversations: number;
	/** Rises with every assignment and release: tells a repair whether its count is still of now. */
	loadRev: number;
	/** The newest assignment or release, epoch milliseconds. */
	loadAt?: number;
	skills?: string[];
	/** Default: works for all. */
	departments?: string[];
	createdAt: string;
	updatedAt: string;
	lastActivityAt?: string;
	/** Rises when the profile changes; statuses and loads leave it. */
	rev: number;
}

/** An agent as the API shows them. */
export type Agent = Omit<AgentRecord, "agent" | "scope" | "state" | "loadRev" | "loadAt">;

/** Whose an e-mail address is: makes it unique in its app. */
export interface AgentEmailRecord {
	/** `<topic>/<app>/<e-mail in lower case>`. */
	email: string;
	id: string;
}

export const agents = defineCollection<AgentRecord>({
	name: "agents",
	key: { hash: "agent" },
	indexes: {
		byApp: { hash: "scope", range: { field: "createdAt", type: "string" } },
		/** Fewest open conversations first. */
		byState: { hash: "state", range: { field: "activeConversations", type: "number" } },
	},
});

export const agentEmails = defineCollection<AgentEmailRecord>({ name: "agentEmails", key: { hash: "email" } });

/** What the keys of an app's records begin with. Neither a topic nor an app's id holds a slash. */
export function scopeOf(topic: string, app: string): string {
	return `${topic}/${app}`;
}

export function keyIn(scope: string, id: string): string {
	return `${scope}/${id}`;
}

export function agentOf(record: AgentRecord): Agent {
	const { agent, scope, state, loadRev, loadAt, ...shown } = record;
	return shown;
}
