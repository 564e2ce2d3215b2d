import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import type { Attachments } from "../attachments/Attachments.js";
import type { ConversationPorts } from "../conversations/ConversationStore.js";
import type { Customers, CustomersPorts } from "../customers/Customers.js";
import { type Customer, customerIdentities, customerKey, customers, identityKey } from "../customers/records.js";
import type { Job, Jobs, Outcome } from "../jobs/Jobs.js";
import { JoinedConversations } from "./JoinedConversations.js";

export interface JoinPorts extends ConversationPorts {
	readonly customers: Pick<Customers, "get" | "absorb" | "remove">;
	readonly attachments: Pick<Attachments, "handOver">;
	readonly jobs: Jobs;
	readonly follower?: CustomersPorts["follower"];
	/** By which name a customer uploads files. */
	readonly uploaderOf: (app: string, customerId: string) => string;
}

const JOIN = "join-customer";
const AGAIN = "join-again";

/** How much an index may lag behind, in milliseconds: what it doesn't show before is moved after that. */
const AGAIN_AFTER_MS = 30_000;

export type JoinState = "running" | "done";

/**
 * Joins customers who turn out to be one person: whoever was anonymous, or known by another address, becomes the one who
 * stays. A job does it, which goes on after a crash; each step may be taken again.
 */
export class Joins {
	private readonly storage: Storage;
	private readonly conversations: JoinedConversations;

	constructor(private readonly ports: JoinPorts) {
		this.storage = ports.storage;
		this.conversations = new JoinedConversations(ports);
		ports.jobs.add(JOIN, (job) => this.work(job));
		ports.jobs.add(AGAIN, ({ app, subject, data }) => this.moveRest(app, subject, String(data.into)));
	}

	/**
	 * Has customer `from` become customer `into`: conversations, files, identities and counts are theirs from then on, and
	 * what `into` isn't known by is taken over. What takes longer than some seconds is left to the upkeep: then it's
	 * `running`. Asked again it's the same. Throws `customer_unknown`, `invalid_input` (it's the same customer).
	 */
	async join(app: string, into: string, from: string): Promise<JoinState> {
		if (into === from) throw new RouterError("invalid_input", "from: must be another customer.");
		await this.ports.customers.get(app, into);
		const joined = await this.current(app, from);
		if (joined !== from && joined !== into) throw new RouterError("customer_unknown");
		const isThere = await this.storage.get(customers, [customerKey(this.ports.topic, app, from)]);
		if (!isThere) {
			if (joined === into) return "done";
			throw new RouterError("customer_unknown");
		}
		if (!(await this.ports.jobs.start(app, JOIN, from, { into }))) return "running";
		// Somebody else may have had them joined with another one, or the other way round, at the same time.
		if ((await this.current(app, from)) !== into) throw new RouterError("customer_unknown");
		return "done";
	}

	/** Who a customer is now: another one, where they were joined. */
	async current(app: string, id: string): Promise<string> {
		const key = identityKey(this.ports.topic, app, { joined: id });
		return (await this.storage.get(customerIdentities, [key]))?.id ?? id;
	}

	/** Who became this one. */
	async former(app: string, id: string): Promise<readonly string[]> {
		const prefix = identityKey(this.ports.topic, app, { joined: "" });
		const former: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(customerIdentities, { index: "byCustomer", hash: id, cursor });
			const joined = page.records.filter(({ identity }) => identity.startsWith(prefix));
			former.push(...joined.map(({ identity }) => identity.slice(prefix.length)));
			cursor = page.cursor;
		} while (cursor);
		return former;
	}

	private async work({ app, subject: from, data, isOver }: Job): Promise<Outcome> {
		const { customers, uploaderOf, attachments, jobs, clock } = this.ports;
		const into = String(data.into);
		const [other, stays] = await Promise.all([this.find(app, from), this.find(app, into)]);
		if (!other || !stays || !(await this.point(app, from, into))) return "done";
		await customers.absorb(app, into, other);
		for (const _ of ["what there is", "what was begun meanwhile"]) {
			await this.moveIdentities(from, into);
			if (!(await this.conversations.move(app, from, stays, isOver))) return {};
		}
		await attachments.handOver({ app, uploader: uploaderOf(app, from) }, uploaderOf(app, into));
		// Before they're gone: this job ends where it finds that they are.
		await jobs.schedule(app, AGAIN, from, { at: clock() + AGAIN_AFTER_MS, data: { into } });
		await customers.remove(app, from);
		return this.moveRest(app, from, into);
	}

	/** What was begun until they were gone. Sessions follow whether their customer is blocked now. */
	private async moveRest(app: string, from: string, into: string): Promise<Outcome> {
		const { follower } = this.ports;
		const stays = await this.find(app, await this.current(app, into));
		if (!stays) return "done";
		await this.moveIdentities(from, stays.id);
		await this.conversations.move(app, from, stays, () => false);
		if (follower) {
			await this.storage.transact([follower.due(app, stays.id)]);
			follower.said(app, stays.id, stays.status);
		}
		return "done";
	}

	/**
	 * From here on whoever comes as `from` is `into`. Answers whether it's so: one of two who are to become each other
	 * stays.
	 */
	private async point(app: string, from: string, into: string): Promise<boolean> {
		const { topic } = this.ports;
		const [key, other] = [from, into].map((id) => identityKey(topic, app, { joined: id }));
		if (key === undefined || other === undefined) return false;
		if ((await this.storage.get(customerIdentities, [key]))?.id === into) return true;
		try {
			await this.storage.transact([
				{ put: customerIdentities, record: { identity: key, id: into }, if: "absent" },
				{ check: customerIdentities, key: [other], if: "absent" },
				{ check: customers, key: [customerKey(topic, app, into)], if: [{ path: "id", eq: into }] },
			]);
			return true;
		} catch (error) {
			if (error instanceof ConditionFailed) return false;
			throw error;
		}
	}

	private async moveIdentities(from: string, into: string): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(customerIdentities, { index: "byCustomer", hash: from, cursor });
			for (const { identity } of page.records) await this.moveIdentity(identity, from, into);
			cursor = page.cursor;
		} while (cursor);
	}

	private async moveIdentity(identity: string, from: string, into: string): Promise<void> {
		try {
			const change = { set: [["id", into]] } as const;
			await this.storage.update(customerIdentities, [identity], change, [{ path: "id", eq: from }]);
		} catch (error) {
			// Moved, or given up: the index lags.
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}

	private async find(app: string, id: string): Promise<Customer | undefined> {
		try {
			return await this.ports.customers.get(app, id);
		} catch (error) {
			if (error instanceof RouterError && error.code === "customer_unknown") return undefined;
			throw error;
		}
	}
}
