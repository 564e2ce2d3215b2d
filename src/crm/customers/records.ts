import { hash } from "node:crypto";
import { defineCollection, type Json } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import { placeAt } from "../lists/Listing.js";
import { tagCollection } from "../lists/TagIndex.js";

export type CustomerStatus = "active" | "blocked";

/** A person who writes to us, as everybody of the app's staff sees them. */
export interface Customer {
	readonly id: string;
	readonly appId: string;
	/** Rises with every change of what's below, except of `lastSeenAt` and `totalConversations`. */
	readonly rev: number;
	/** As it was given; capitals make no difference. Absent for an anonymous visitor. */
	readonly email?: string;
	readonly name: string;
	readonly phone?: string;
	readonly company?: string;
	/** The address of a picture. */
	readonly avatar?: string;
	readonly customFields?: { readonly [field: string]: Json };
	readonly tags?: readonly string[];
	readonly status: CustomerStatus;
	/** ISO 8601, as all times of the CRM. */
	readonly createdAt: string;
	readonly updatedAt: string;
	readonly lastSeenAt?: string;
	readonly totalConversations: number;
	readonly notes?: string;
}

/** A customer as it's kept: with what lists find it by. */
export interface CustomerRecord extends Customer {
	/** `<topic>/<app>/<id>`. */
	readonly customer: string;
	/** By when it was created; see `placeAt`. */
	readonly place: string;
	readonly statusKey: string;
	readonly companyKey?: string;
}

/** What makes somebody known again: an e-mail address, or what a widget's visitor is called in the app. */
export type Identity = { readonly email: string } | { readonly ref: string };

/** The id of a customer who was joined with another one: whoever comes by it is the other. */
export interface Joined {
	readonly joined: string;
}

export interface IdentityRecord {
	/** `<topic>/<app>/email/<address in small letters>`, `<topic>/<app>/ref/<alias>` or `<topic>/<app>/joined/<id>`. */
	readonly identity: string;
	/** The customer's. */
	readonly id: string;
}

export const customers = defineCollection<CustomerRecord>({
	name: "customers",
	key: { hash: "customer" },
	indexes: {
		byStatus: { hash: "statusKey", range: { field: "place", type: "string" } },
		byCompany: { hash: "companyKey", range: { field: "place", type: "string" } },
	},
});

/** What makes an identity unique in its app: written with its customer, in one transaction. */
export const customerIdentities = defineCollection<IdentityRecord>({
	name: "customerIdentities",
	key: { hash: "identity" },
	/** Who is erased, or joined with another one, has all of theirs looked up. */
	indexes: { byCustomer: { hash: "id" } },
});

export const customerTags = tagCollection("customerTags");

export const customerCollections = [customers, customerIdentities, customerTags] as const;

/** Over how many keys the customers of one status are spread: nearly all are active, and one key takes so many writes. */
const SHARDS = 4;

export function customerKey(topic: string, app: string, id: string): string {
	return keyIn(scopeOf(topic, app), id);
}

export function identityKey(topic: string, app: string, identity: Identity | Joined): string {
	const scope = scopeOf(topic, app);
	if ("joined" in identity) return keyIn(scope, `joined/${identity.joined}`);
	return "email" in identity
		? keyIn(scope, `email/${identity.email.toLowerCase()}`)
		: keyIn(scope, `ref/${identity.ref}`);
}

export function statusKeys(topic: string, app: string, status: CustomerStatus): string[] {
	const scope = scopeOf(topic, app);
	return Array.from({ length: SHARDS }, (_, shard) => keyIn(scope, `${status}/${shard}`));
}

export function companyKey(topic: string, app: string, company: string): string {
	return keyIn(scopeOf(topic, app), company.toLowerCase());
}

/** The customer with what lists find it by. */
export function recordOf(topic: string, customer: Customer): CustomerRecord {
	const { appId, id, status, company, createdAt } = customer;
	const shard = (hash("sha256", id, "buffer")[0] ?? 0) % SHARDS;
	return {
		...customer,
		customer: customerKey(topic, appId, id),
		place: placeAt(Date.parse(createdAt), id),
		statusKey: statusKeys(topic, appId, status)[shard] ?? "",
		companyKey: company === undefined ? undefined : companyKey(topic, appId, company),
	};
}

export function customerOf(record: CustomerRecord): Customer {
	const { customer: _, place: __, statusKey: ___, companyKey: ____, ...customer } = record;
	return customer;
}

/** The customer as they may see themselves: without what staff notes of them. */
export function shownToThem({ notes: _, tags: __, customFields: ___, ...theirs }: Customer): Customer {
	return theirs;
}
