import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Change, Json, Path, Storage, Write } from "../../storage/Storage.js";
import { scopeOf } from "../agents/records.js";
import { type Listing, type ListPart, listPart } from "../lists/Listing.js";
import { mergedPage } from "../lists/mergedPage.js";
import { hasTag, TagIndex } from "../lists/TagIndex.js";
import { assertRev, decided } from "../records/decided.js";
import { parseInput } from "../records/input.js";
import { assertActive, type CustomerPorts, type Person, type Registered, Registration } from "./Registration.js";
import {
	type Customer,
	type CustomerRecord,
	type CustomerStatus,
	companyKey,
	customerIdentities,
	customerKey,
	customerOf,
	customers,
	customerTags,
	identityKey,
	recordOf,
	statusKeys,
} from "./records.js";
import {
	type CheckedCustomerChanges,
	type CustomerChanges,
	type CustomerFilter,
	customerSchemas,
	type KnownByEmail,
	type NewCustomer,
} from "./schema.js";

/** Has sockets and sessions follow where somebody says whether a customer is blocked. */
export interface StatusFollower {
	/** Is written in the transaction that says so: what follows is done then, should the process die of it. */
	due(app: string, customerId: string): Write;
	/** Is called after it, each time. */
	said(app: string, customerId: string, status: CustomerStatus): void;
}

export interface CustomersPorts extends CustomerPorts {
	readonly follower?: StatusFollower;
}

/** How many tags a customer has at most. */
const TAGS = 20;

/** The customers of every app. Inputs are checked here: `invalid_input` names what is wrong with them. */
export class Customers {
	readonly registration: Registration;
	private readonly tags: TagIndex;

	private readonly topic: string;
	private readonly storage: Storage;
	private readonly clock: () => number;

	constructor(private readonly ports: CustomersPorts) {
		const { topic, storage, clock } = ports;
		this.topic = topic;
		this.storage = storage;
		this.clock = clock;
		this.registration = new Registration(ports);
		this.tags = new TagIndex(storage, customerTags);
	}

	/** Throws `customer_exists` if somebody has this e-mail address. */
	async create(app: string, input: NewCustomer): Promise<Customer> {
		const { email, name, phone, company, avatar, ...more } = parseInput(customerSchemas().newCustomer, input);
		const { customer, writes } = this.registration.register(app, { email, name, phone, company, avatar }, more);
		await this.tags.enter(retagging(this.topic, undefined, customer));
		try {
			await this.storage.transact(writes);
		} catch (error) {
			if (error instanceof ConditionFailed) throw new RouterError("customer_exists");
			throw error;
		}
		return customer;
	}

	/** Throws `customer_unknown`. */
	async get(app: string, id: string): Promise<Customer> {
		return customerOf(await this.record(app, id));
	}

	/** The customer with this address, whatever its capitals; undefined if there's none. */
	async findByEmail(app: string, email: string): Promise<Customer | undefined> {
		return this.registration.find(app, { email: parseInput(customerSchemas().knownByEmail, { email }).email });
	}

	/**
	 * The customer with this address, or a new one: however many ask at once, one is made. Of one who is known nothing is
	 * changed. Throws `customer_blocked`.
	 */
	async findOrCreate(app: string, input: KnownByEmail): Promise<Registered> {
		const registered = await this.ensure(app, parseInput(customerSchemas().knownByEmail, input));
		assertActive(registered.customer);
		return registered;
	}

	/**
	 * Changes what is named. `rev`: only if the customer still is at it. Throws `customer_unknown`, `customer_exists` (the
	 * address is somebody else's), `record_changed`.
	 */
	async update(app: string, id: string, input: CustomerChanges, rev?: number): Promise<Customer> {
		const changes = parseInput(customerSchemas().customerChanges, input);
		return decided(async () => {
			const before = await this.record(app, id);
			assertRev(before, rev);
			const after = this.changed(before, changes);
			const tagging = retagging(this.topic, before, after);
			await this.tags.enter(tagging);
			const change = changeBetween(before, recordOf(this.topic, after));
			const writes: Write[] = [
				{ update: customers, key: [before.customer], change, if: [{ path: "rev", eq: before.rev }] },
				...moveOfAddress(this.topic, before, after),
				...(changes.status === undefined ? [] : this.due(app, id)),
			];
			try {
				await this.storage.transact(writes);
			} catch (error) {
				const taken = error instanceof ConditionFailed && error.failed.get(1);
				if (taken && "id" in taken && taken.id !== id)
					throw new RouterError("customer_exists", undefined, { cause: error });
				throw error;
			}
			await this.tags.leave(tagging);
			if (changes.status !== undefined) this.ports.follower?.said(app, id, changes.status);
			return after;
		});
	}

	/** Takes over what another one is known by who becomes this one, and this one lacks; their identities aren't moved here. */
	absorb(app: string, id: string, other: Customer): Promise<Customer> {
		return decided(async () => {
			const before = await this.record(app, id);
			const after = joined(customerOf(before), other, new Date(this.clock()).toISOString());
			const tagging = retagging(this.topic, before, after);
			await this.tags.enter(tagging);
			const change = changeBetween(before, recordOf(this.topic, after));
			await this.storage.transact([
				{ update: customers, key: [before.customer], change, if: [{ path: "rev", eq: before.rev }] },
				...(after.status === "blocked" ? this.due(app, id) : []),
			]);
			if (after.status === "blocked") this.ports.follower?.said(app, id, "blocked");
			return after;
		});
	}

	/** Removes one who has become another. What isn't there is fine. */
	async remove(app: string, id: string): Promise<void> {
		const key = [customerKey(this.topic, app, id)] as const;
		const record = await this.storage.get(customers, key);
		if (!record) return;
		const gone = { ...customerOf(record), rev: record.rev + 1, tags: [] };
		await this.tags.leave(retagging(this.topic, record, gone));
		await this.storage.delete(customers, key);
	}

	/** The newest first. */
	async list(app: string, filter: CustomerFilter = {}, part: ListPart = {}): Promise<Listing<Customer>> {
		const asked = parseInput(customerSchemas().customerFilter, filter);
		const { limit, cursor } = parseInput(listPart(), part);
		if ("tag" in asked) return this.listByTag(app, asked.tag, { limit, cursor });
		const place = (record: CustomerRecord) => record.place;
		const [index, hashes] =
			"company" in asked
				? ["byCompany", [companyKey(this.topic, app, asked.company)]]
				: ["byStatus", statusKeys(this.topic, app, asked.status)];
		const page = await mergedPage(this.storage, { collection: customers, index, hashes, place }, { limit, cursor });
		return { items: page.items.map(customerOf), nextCursor: page.nextCursor };
	}

	/** Notes that the customer was here now. */
	async seen(app: string, id: string): Promise<void> {
		const lastSeenAt = new Date(this.clock()).toISOString();
		try {
			const change = { set: [["lastSeenAt", lastSeenAt]] } as const;
			await this.storage.update(customers, [customerKey(this.topic, app, id)], change, [{ path: "rev", exists: true }]);
		} catch (error) {
			if (error instanceof ConditionFailed) throw new RouterError("customer_unknown", undefined, { cause: error });
			throw error;
		}
	}

	private due(app: string, id: string): Write[] {
		const { follower } = this.ports;
		return follower ? [follower.due(app, id)] : [];
	}

	private ensure(app: string, person: Person): Promise<Registered> {
		return decided(async () => {
			const registered = await this.registration.of(app, person);
			if (registered.isNew) await this.storage.transact(registered.writes);
			return registered;
		});
	}

	private async listByTag(
		app: string,
		tag: string,
		part: { readonly limit: number; readonly cursor?: string },
	): Promise<Listing<Customer>> {
		const { items: ids, nextCursor } = await this.tags.ids(scopeOf(this.topic, app), tag, part);
		const records = await this.storage.batchGet(
			customers,
			ids.map((id) => [customerKey(this.topic, app, id)] as const),
		);
		const items = records.flatMap((record) => (record && hasTag(record.tags, tag) ? [customerOf(record)] : []));
		return { items, nextCursor };
	}

	private async record(app: string, id: string): Promise<CustomerRecord> {
		const record = await this.storage.get(customers, [customerKey(this.topic, app, id)]);
		if (!record) throw new RouterError("customer_unknown");
		return record;
	}

	private changed(record: CustomerRecord, changes: CheckedCustomerChanges): Customer {
		const given = Object.entries(changes).filter(([, value]) => value !== undefined);
		const set = Object.fromEntries(given.map(([field, value]) => [field, value ?? undefined]));
		const updatedAt = new Date(this.clock()).toISOString();
		return { ...customerOf(record), ...set, rev: record.rev + 1, updatedAt };
	}
}

function retagging(topic: string, before: Customer | undefined, after: Customer) {
	return {
		scope: scopeOf(topic, after.appId),
		id: after.id,
		place: recordOf(topic, after).place,
		rev: after.rev,
		before: before?.tags ?? [],
		after: after.tags ?? [],
	};
}

/** Two customers as one: what the one who stays has counts; who is blocked stays so. */
function joined(stays: Customer, other: Customer, updatedAt: string): Customer {
	const { email, phone, company, avatar, notes, tags = [], customFields } = other;
	const own = stays.tags ?? [];
	const more = tags.filter((tag) => !hasTag(own, tag)).slice(0, Math.max(0, TAGS - own.length));
	return {
		...stays,
		email: stays.email ?? email,
		name: stays.email === undefined && email !== undefined ? other.name : stays.name,
		phone: stays.phone ?? phone,
		company: stays.company ?? company,
		avatar: stays.avatar ?? avatar,
		notes: stays.notes ?? notes,
		tags: own.length + more.length > 0 ? [...own, ...more] : undefined,
		customFields: stays.customFields ?? customFields,
		status: stays.status === "blocked" || other.status === "blocked" ? "blocked" : "active",
		rev: stays.rev + 1,
		updatedAt,
	};
}

/** What others write meanwhile, and the key. */
const COUNTED: ReadonlySet<keyof CustomerRecord> = new Set(["customer", "totalConversations", "lastSeenAt"]);

/** What takes one state of a record to another. */
function changeBetween(before: CustomerRecord, after: CustomerRecord): Change {
	const set: [Path, Json][] = [];
	const remove: Path[] = [];
	for (const field of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof CustomerRecord>) {
		const value = after[field] as Json | undefined;
		if (COUNTED.has(field) || value === before[field]) continue;
		if (value === undefined) remove.push(field);
		else set.push([field, value]);
	}
	return { set, remove };
}

/** Gives up one address and takes another. The one that's taken comes first. */
function moveOfAddress(topic: string, before: Customer, after: Customer): Write[] {
	const { appId: app, id } = after;
	const [old, now] = [before.email, after.email].map((email) => email && identityKey(topic, app, { email }));
	if (old === now) return [];
	const writes: Write[] = [];
	if (now) writes.push({ put: customerIdentities, record: { identity: now, id }, if: "absent" });
	if (old) writes.push({ delete: customerIdentities, key: [old], if: [{ path: "id", eq: id }] });
	return writes;
}
