import * as z from "zod/mini";
import type { Agents } from "../../agents/Agents.js";
import type { Agent } from "../../agents/records.js";
import { agent } from "../../agents/shape.js";
import type { Customers } from "../../customers/Customers.js";
import { type Customer, shownToThem } from "../../customers/records.js";
import { customer } from "../../customers/shape.js";
import { one } from "../../http/answers.js";
import { route, theApp } from "../../http/Route.js";
import type { ActorRole } from "../Actor.js";
import type { ConnectTickets } from "../ConnectTickets.js";

/** Who somebody is, as they're known here. */
export interface Me {
	readonly role: ActorRole;
	readonly appId: string;
	/** Of an agent or admin; absent for one who was let in by the command line and is no record. */
	readonly agent?: Agent;
	readonly customer?: Customer;
	/** The only conversation that their token opens. */
	readonly conversationId?: string;
}

const me: z.ZodMiniType<Me> = z
	.strictObject({
		role: z.enum(["customer", "agent", "admin", "server"]),
		appId: z.string(),
		agent: z.optional(agent),
		customer: z.optional(customer),
		conversationId: z.optional(z.string()).with(z.meta({ description: "The only conversation that the token opens." })),
	})
	.with(z.meta({ id: "Me" }));

const connectTicket = z
	.strictObject({ ticket: z.string(), expiresIn: z.int().with(z.meta({ description: "In seconds." })) })
	.with(z.meta({ id: "ConnectTicket" }));

export interface SessionServices {
	readonly agents: Agents;
	readonly customers: Customers;
	readonly tickets: ConnectTickets;
}

/** What everybody may ask who is somebody. */
export function sessionRoutes({ agents, customers, tickets }: SessionServices) {
	return [
		route({
			method: "get",
			path: "/me",
			action: "session.me",
			operationId: "me",
			summary: "Say who I am",
			answer: one(me),
			touches: theApp,
			async handle({ app: appId, actor }) {
				const { role } = actor;
				if (actor.role === "server") return { role, appId };
				if (actor.role !== "customer") return { role, appId, agent: await agents.get(appId, actor.agentId) };
				const { customerId, conversationId } = actor;
				return { role, appId, customer: shownToThem(await customers.get(appId, customerId)), conversationId };
			},
		}),
		route({
			method: "post",
			path: "/connect-ticket",
			action: "session.connectTicket",
			operationId: "createConnectTicket",
			summary: "Get a ticket for a socket",
			description: "Good once, for a minute: `/ws?ticket=…`. So that no token rides in an address.",
			answer: one(connectTicket),
			status: 201,
			touches: theApp,
			handle: ({ actor, until }) => tickets.issue(actor, until),
		}),
	] as const;
}
