import { Conversations } from "../../src/crm/conversations/Conversations.js";
import { Handling } from "../../src/crm/conversations/Handling.js";
import { Persons } from "../../src/crm/conversations/Persons.js";
import { ConversationProjection } from "../../src/crm/conversations/projection.js";
import type { Person } from "../../src/delivery/Letterbox.js";
import { silent } from "../../src/monitoring/Monitor.js";
import type { TestOffice } from "../support/office.js";

/** What is done with the conversations of a post office, on its storage. */
export function handlingOf({ office, ports }: Pick<TestOffice, "office" | "ports">): Handling {
	const { storage, clock, topic, secret } = ports;
	return new Handling({
		office,
		conversations: new Conversations({ storage, clock, topic }),
		projection: new ConversationProjection({ monitor: silent, storage, clock, topic }),
		persons: new Persons({ secret, office, agents: { get: async () => undefined } }),
	});
}

export const GRACE: Person = { role: "agent", user: "grace", name: "Grace" };
/** Whoever a session belongs to. */
export const CUSTOMER: Person = { role: "visitor", user: "somebody" };
