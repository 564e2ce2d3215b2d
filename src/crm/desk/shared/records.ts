import { defineCollection } from "../../../storage/Storage.js";

/** A connection that is told of conversations, and whom it stands for. */
export interface SubscriptionRecord {
	/** `<topic>/<app>`. */
	desk: string;
	/** The transport's id. */
	connection: string;
	agentId: string;
	role: "agent" | "admin";
	departments: readonly string[];
	/** It's told nothing more since then, epoch milliseconds; its agent may come back. */
	endedAt?: number;
	/** Epoch seconds. */
	expires: number;
}

/** Whose a conversation was: that of its `Belonging` which staff are told apart by. */
export interface Before {
	readonly assignedAgentId?: string;
	readonly department?: string;
}

/** Conversations that changed at about the same time. */
export interface ChangesRecord {
	/** `<topic>/<app>`. */
	desk: string;
	/** `<epoch milliseconds, 15 digits>/<id>`. */
	at: string;
	/** By conversation: whose it was, where that changed. */
	changed: { readonly [id: string]: readonly Before[] };
	/** The agent whose lists are other ones from then on. */
	anew?: string;
	/** Epoch seconds. */
	expires: number;
}

export const deskSubscriptions = defineCollection<SubscriptionRecord>({
	name: "deskSubscriptions",
	key: { hash: "desk", range: { field: "connection", type: "string" } },
	expires: "expires",
});

export const deskChanges = defineCollection<ChangesRecord>({
	name: "deskChanges",
	key: { hash: "desk", range: { field: "at", type: "string" } },
	expires: "expires",
});

export const deskCollections = [deskSubscriptions, deskChanges] as const;

/** For how long it's known what changed, in milliseconds. */
export const KNOWN_MS = 60 * 60_000;
