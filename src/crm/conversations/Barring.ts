import { personRef } from "../../delivery/identity.js";
import { Lanes } from "../../delivery/Lanes.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Visiting } from "../../delivery/ports.js";
import { RouterError } from "../../protocol/errors.js";
import type { Customers } from "../customers/Customers.js";
import { assertActive } from "../customers/Registration.js";
import { emailAddress } from "../records/input.js";
import type { ConversationPorts } from "./ConversationStore.js";
import { conversations, customerConversationsKey } from "./records.js";

export interface BarringPorts extends Pick<ConversationPorts, "topic" | "storage"> {
	/** Keys what visitors are called in the app: the post office's. */
	readonly secret: string;
	readonly office: Pick<PostOffice, "bar">;
	readonly customers: Pick<Customers, "get" | "registration">;
}

/**
 * Has blocked customers take part in none of their sessions, by whatever client: a widget's visitor is known by nothing
 * but the session. That stands in the session itself, so that no message costs another read.
 */
export class Barring {
	/** One thing after the other of each customer: the last one finds the newest status. */
	private readonly lanes = new Lanes();

	constructor(private readonly ports: BarringPorts) {}

	/** Brings the customer's sessions to what their status says. Throws `customer_unknown`. */
	follow(app: string, customerId: string): Promise<void> {
		const { topic, storage, customers } = this.ports;
		return this.lanes.run(`${app}/${customerId}`, async () => {
			const { status } = await customers.get(app, customerId);
			const hash = customerConversationsKey(topic, app, customerId);
			let cursor: string | undefined;
			do {
				const page = await storage.query(conversations, { index: "byCustomer", hash, limit: 100, cursor });
				await Promise.all(page.records.map(({ id }) => this.bar(app, id, status === "blocked")));
				cursor = page.cursor;
			} while (cursor);
		});
	}

	/** Refuses a visitor who comes to a session: rejects with `customer_blocked`. */
	async visit({ app, user, email }: Visiting): Promise<void> {
		const { secret, customers } = this.ports;
		const address = emailAddress.safeParse(email);
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
