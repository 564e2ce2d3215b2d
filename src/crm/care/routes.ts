import { lines, one } from "../http/answers.js";
import { route } from "../http/Route.js";
import type { Erasures } from "./Erasures.js";
import type { Exports } from "./Exports.js";
import { erasure, exportLine } from "./shape.js";

export interface CareServices {
	readonly erasures: Pick<Erasures, "customer">;
	readonly exports: Pick<Exports, "customer">;
}

/** The routes by which a customer gets what is kept of them, and is forgotten. */
export function careRoutes({ erasures, exports }: CareServices) {
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
	] as const;
}
