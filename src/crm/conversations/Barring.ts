import { personRef } from "../../delivery/identity.js";
import { Lanes } from "../../delivery/Lanes.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Visiting } from "../../delivery/ports.js";
import { RouterError } from "../../protocol/errors.js";
import type { Write } from "../../storage/Storage.js";
import type { Customers } from "../customers/Customers.js";
import { assertActive } from "../customers/Registration.js";
import type { CustomerStatus } from "../customers/records.js";
import type { Job, Jobs, Outcome } from "../jobs/Jobs.js";
import { emailAddress } from "../records/input.js";
import type { ConversationPorts } from "./ConversationStore.js";
import { conversations, customerConversationsKey } from "./records.js";

export interface BarringPorts extends Pick<ConversationPorts, "topic" | "storage" | "clock"> {
	/** Keys what visitors are called in the app: the post office's. */
	readonly secret: string;
	readonly office: Pick<PostOffice, "bar">;
	readonly customers: Pick<Customers, "get" | "registration">;
	readonly jobs: Jobs;
}

const FOLLOW = "follow-status";

/**
 * How long after the first time it's done once more, in milliseconds: what an index didn't show yet is there by then, and
 * another process that was in the midst of it has written what it read before.
 */
const AGAIN_AFTER_MS = 30_000;

/**
 * Has blocked customers take part in none of their sessions, by whatever client: a widget's visitor is known by nothing
 * but the session. The customer's status is what counts; sessions hold a copy of it, so that no message costs another
 * read. A job brings the copies to it for sure.
 */
export class Barring {
	/** One thing after the other of each customer: the last one finds the newest status. */
	private readonly lanes = new Lanes();

	constructor(private readonly ports: BarringPorts) {
		ports.jobs.add(FOLLOW, (job) => this.again(job));
	}

	/** For the transaction after which sessions are to follow; `follow` makes it sooner. */
	due(app: string, customerId: string): Write {
		const { jobs, clock } = this.ports;
		return jobs.scheduling(app, FOLLOW, customerId, { at: clock() + AGAIN_AFTER_MS });
	}

	/**
	 * Brings the customer's sessions to what their status says; `newest` is one that may not be found among theirs yet.
	 * Where one fails, the others are brought there all the same. Throws `customer_unknown`, and what one of them throws.
	 */
	follow(app: string, customerId: string, newest?: string): Promise<void> {
		return this.lanes.run(`${app}/${customerId}`, async () => {
			let done: CustomerStatus | undefined;
			// Another process may have said otherwise meanwhile.
			for (;;) {
				const { status } = await this.ports.customers.get(app, customerId);
				if (status === done) return;
				await this.bring(app, customerId, status === "blocked", newest);
				done = status;
			}
		});
	}

	private async again({ app, subject }: Job): Promise<Outcome> {
		try {
			await this.follow(app, subject);
		} catch (error) {
			// They were erased, or have become another one.
			if (!(error instanceof RouterError && error.code === "customer_unknown")) throw error;
		}
		return "done";
	}

	private async bring(app: string, customerId: string, isBarred: boolean, newest: string | undefined): Promise<void> {
		const { topic, storage } = this.ports;
		const hash = customerConversationsKey(topic, app, customerId);
		const failures: unknown[] = [];
		const each = async (ids: readonly string[]) => {
			for (const done of await Promise.allSettled(ids.map((id) => this.bar(app, id, isBarred)))) {
				if (done.status === "rejected") failures.push(done.reason);
			}
		};
		if (newest !== undefined) await each([newest]);
		let cursor: string | undefined;
		do {
			const page = await storage.query(conversations, { index: "byCustomer", hash, limit: 100, cursor });
			await each(page.records.map(({ id }) => id).filter((id) => id !== newest));
			cursor = page.cursor;
		} while (cursor);
		if (failures.length > 0) throw failures[0];
	}

	/** Refuses a visitor who comes to a session: rejects with `customer_blocked`. */
	async visit({ app, user, email }: Visiting): Promise<void> {
		const { secret, customers } = this.ports;
		const address = emailAddress().safeParse(email);
		const known = await Promise.all([
			customers.registration.find(app, { ref: personRef(secret, app, user) }),
			address.success ? customers.registration.find(app, { email: address.data }) : undefined,
		]);
		for (const customer of known) if (customer) assertActive(customer);
	}

	/** Where nobody has said anything yet, there's no session. */
	private async bar(app: string, sessionId: string, isBarred: boolean): Promise<void> {
		try {
			await this.ports.office.bar(app, sessionId, isBarred);
		} catch (error) {
			if (!(error instanceof RouterError && error.code === "session_unknown")) throw error;
		}
	}
}
