import { lines, one } from "../http/answers.js";
import { route } from "../http/Route.js";
import type { Erasures } from "./Erasures.js";
import type { Exports } from "./Exports.js";
import type { Joins } from "./Joins.js";
import { erasure, exportLine, merge, merged } from "./shape.js";

export interface CareServices {
	readonly erasures: Pick<Erasures, "customer">;
	readonly exports: Pick<Exports, "customer">;
	readonly joins: Pick<Joins, "join">;
}

/** The routes by which a customer gets what is kept of them, becomes another one, and is forgotten. */
export function careRoutes({ erasures, exports, joins }: CareServices) {
	const touched = ({ app, params }: { app: string; params: { id: string } }) =>
		({ kind: "customer", app, customerId: params.id }) as const;
	return [
		route({
			method: "post",
			path: "/customers/:id/erase",
			action: "customers.erase",
			operationId: "eraseCustomer",
			summary: "Erase a customer, with all that was said and sent",
			description: "It can't be undone. Ask again to see how far it is: when it's done, there's no such customer.",
			answer: one(erasure),
			status: 202,
			touches: touched,
			handle: async ({ app, params }) => ({ state: await erasures.customer(app, params.id) }),
		}),
		route({
			method: "get",
			path: "/customers/:id/export",
			action: "customers.export",
			operationId: "exportCustomer",
			summary: "Save all that is kept of a customer",
			description: "The last line is of type `end`: without it, the export was cut short.",
			answer: lines(exportLine),
			touches: touched,
			handle: ({ app, params }) => ({
				fileName: `customer-${params.id}.ndjson`,
				lines: exports.customer(app, params.id),
			}),
		}),
		route({
			method: "post",
			path: "/customers/:id/merge",
			action: "customers.merge",
			operationId: "mergeCustomers",
			summary: "Join another customer with this one",
			description:
				"Somebody who was anonymous, or had another address, and turns out to be this customer: conversations, files and counts are this one's from then on, and what isn't known of them is taken over. The other one is gone; who comes back as them is this customer. It can't be undone. Ask again to see how far it is.",
			body: merged,
			answer: one(merge),
			status: 202,
			touches: touched,
			handle: async ({ app, params, body }) => ({ state: await joins.join(app, params.id, body.from) }),
		}),
	] as const;
}
