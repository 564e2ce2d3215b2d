import { newId } from "../../delivery/identity.js";
import { RouterError } from "../../protocol/errors.js";
import type { Storage, Write } from "../../storage/Storage.js";
import {
	type Customer,
	customerIdentities,
	customerKey,
	customerOf,
	customers,
	type Identity,
	identityKey,
	recordOf,
} from "./records.js";

/** Who somebody says to be. What's here besides the identity is for a customer who isn't known yet. */
export type Person = Identity & {
	readonly name?: string;
	readonly phone?: string;
	readonly company?: string;
	readonly avatar?: string;
};

/** A customer, and what has to be written so that there is one: nothing for one who is known. */
export interface Registered {
	readonly customer: Customer;
	readonly isNew: boolean;
	/** For one transaction with what else depends on it; its conditions fail if somebody was faster. */
	readonly writes: readonly Write[];
}

export interface CustomerPorts {
	/** The post office's. */
	readonly topic: string;
	readonly storage: Storage;
	/** Epoch milliseconds. */
	readonly clock: () => number;
}

/** Finds whoever comes, or has them registered by the transaction of what they came for. */
export class Registration {
	constructor(private readonly ports: CustomerPorts) {}

	/** The customer of this identity; undefined if there's none. */
	async find(app: string, identity: Identity): Promise<Customer | undefined> {
		const known = await this.ports.storage.get(customerIdentities, [identityKey(this.ports.topic, app, identity)]);
		const record = known && (await this.ports.storage.get(customers, [customerKey(this.ports.topic, app, known.id)]));
		return record && customerOf(record);
	}

	/** The customer of this identity, or a new one, with what `more` says. */
	async of(app: string, person: Person, more: Partial<Customer> = {}): Promise<Registered> {
		const customer = await this.find(app, person);
		return customer ? { customer, isNew: false, writes: [] } : this.register(app, person, more);
	}

	/** A new customer. */
	register(app: string, person: Person, more: Partial<Customer> = {}): Registered {
		const now = new Date(this.ports.clock()).toISOString();
		const { name, phone, company, avatar } = person;
		const isKnown = "email" in person;
		const customer: Customer = {
			totalConversations: 0,
			...more,
			id: newId(),
			appId: app,
			rev: 1,
			email: isKnown ? person.email : undefined,
			name: name ?? (isKnown ? person.email : "Visitor"),
			phone,
			company,
			avatar,
			status: "active",
			createdAt: now,
			updatedAt: now,
		};
		const identity = { identity: identityKey(this.ports.topic, app, person), id: customer.id };
		const writes: Write[] = [
			{ put: customerIdentities, record: identity, if: "absent" },
			{ put: customers, record: recordOf(this.ports.topic, customer), if: "absent" },
		];
		return { customer, isNew: true, writes };
	}
}

/** Throws `customer_blocked`. */
export function assertActive(customer: Customer): void {
	if (customer.status === "blocked") throw new RouterError("customer_blocked");
}
