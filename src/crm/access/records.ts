import { defineCollection } from "../../storage/Storage.js";
import type { Actor, Scope } from "./Actor.js";

/** How an agent gets in. Without one: an agent, without a password. */
export interface AccountRecord {
	/** `<topic>/<app>/<agent id>`. */
	account: string;
	/** Default `"agent"`. */
	role?: "agent" | "admin";
	/** Hashed; see `password.ts`. */
	password?: string;
	/** Default 0. Tokens made for another one are over. */
	version?: number;
}

/** Somebody who is signed in at one place. */
export interface SignInRecord {
	/** `<topic>/<app>/<agent id>/<id>`. */
	signIn: string;
	/** The only refresh token that's good now. */
	current: string;
	/** Epoch seconds. */
	expires: number;
}

export interface AttemptsRecord {
	/** `<topic>/<app>/<what is counted>/<digest>/<window>`. */
	attempts: string;
	count: number;
	expires: number;
}

export interface ApiKeyRecord {
	/** `<topic>/<app>/<id>`. */
	apiKey: string;
	/** `<topic>/<app>`. */
	scope: string;
	id: string;
	name: string;
	/** SHA-256 of the secret, which has 256 random bits: nothing slower is needed. */
	hash: string;
	scopes: Scope[];
	createdAt: string;
}

export interface ConnectTicketRecord {
	/** `<topic>/<app>/<SHA-256 of the ticket>`. */
	ticket: string;
	actor: Actor;
	/** When what its holder got it with ends, epoch seconds. */
	until?: number;
	expires: number;
}

/** That an app has had its first admin. */
export interface FirstAdminRecord {
	/** `<topic>/<app>`. */
	scope: string;
	agentId: string;
}

export const accounts = defineCollection<AccountRecord>({ name: "accounts", key: { hash: "account" } });

export const signIns = defineCollection<SignInRecord>({
	name: "signIns",
	key: { hash: "signIn" },
	expires: "expires",
});

export const attempts = defineCollection<AttemptsRecord>({
	name: "attempts",
	key: { hash: "attempts" },
	expires: "expires",
});

export const apiKeys = defineCollection<ApiKeyRecord>({
	name: "apiKeys",
	key: { hash: "apiKey" },
	indexes: { byApp: { hash: "scope", range: { field: "createdAt", type: "string" } } },
});

export const connectTickets = defineCollection<ConnectTicketRecord>({
	name: "connectTickets",
	key: { hash: "ticket" },
	expires: "expires",
});

export const firstAdmins = defineCollection<FirstAdminRecord>({ name: "firstAdmins", key: { hash: "scope" } });

/** Every collection of the access side; a storage is opened with these. */
export const accessCollections = [accounts, signIns, attempts, apiKeys, connectTickets, firstAdmins] as const;
