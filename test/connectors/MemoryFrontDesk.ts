import type { CustomerArrival, FrontDesk, Reception } from "../../src/connectors/chat/FrontDesk.js";
import { newId } from "../../src/delivery/identity.js";
import { asRouterError, RouterError } from "../../src/protocol/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { defineCollection } from "../../src/storage/Storage.js";

const customers = defineCollection<{ who: string; customerId: string }>({ name: "customers", key: { hash: "who" } });
const conversations = defineCollection<{ conversation: string; customerId: string }>({
	name: "conversations",
	key: { hash: "conversation" },
});

/** Stands in for the CRM at the chat API's edge: who has an e-mail, and whose a conversation is. */
export class MemoryFrontDesk implements FrontDesk {
	readonly arrivals: CustomerArrival[] = [];
	readonly receptions: Reception[] = [];
	private readonly storage = new MemoryStorage({ collections: [customers, conversations] });

	async open(arrival: CustomerArrival): Promise<Reception> {
		const reception = await this.receive(arrival);
		this.arrivals.push(arrival);
		this.receptions.push(reception);
		return reception;
	}

	private async receive(arrival: CustomerArrival): Promise<Reception> {
		const { app, conversationId } = arrival;
		const email = "email" in arrival ? arrival.email : arrival.proved.customerId;
		if (email === "blocked@example.com") throw new RouterError("session_forbidden", "This customer is blocked.");
		const who = `${app}/${email.toLowerCase()}`;
		const known = await this.storage.get(customers, [who]);
		const theirs = conversationId && (await this.storage.get(conversations, [`${app}/${conversationId}`]));
		if (known && theirs && theirs.customerId === known.customerId) {
			return { conversationId, customerId: known.customerId, token: `token-of-${conversationId}` };
		}
		const customerId = known?.customerId ?? newId();
		const id = newId();
		try {
			await this.storage.transact([
				...(known ? [] : [{ put: customers, record: { who, customerId }, if: "absent" as const }]),
				{ put: conversations, record: { conversation: `${app}/${id}`, customerId }, if: "absent" },
			]);
		} catch (error) {
			if (asRouterError(error).code !== "condition_failed") throw error;
			return this.receive(arrival);
		}
		return { conversationId: id, customerId, token: `token-of-${id}` };
	}
}
