import * as z from "zod/mini";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import { many, one } from "../http/answers.js";
import { listQuery } from "../http/listQuery.js";
import { route, theApp } from "../http/Route.js";
import { parseInput } from "../records/input.js";
import type { Customers } from "./Customers.js";
import { shownToThem } from "./records.js";
import { customerSchemas } from "./schema.js";
import { customer } from "./shape.js";

/** The routes of customers. */
export function customerRoutes({ customers }: { readonly customers: Customers }) {
	const { newCustomer, customerChanges, customerFilter } = customerSchemas();
	const filters = {
		company: newCustomer.shape.company,
		tag: z.optional(nonEmpty(50)),
		status: z.optional(z.enum(["active", "blocked"])),
	};
	const touched = ({ app, params }: { app: string; params: { id: string } }) =>
		({ kind: "customer", app, customerId: params.id }) as const;
	return [
		route({
			method: "post",
			path: "/customers",
			action: "customers.create",
			operationId: "createCustomer",
			summary: "Make a customer",
			body: newCustomer,
			answer: one(customer),
			status: 201,
			location: ({ id }) => `/customers/${id}`,
			throws: ["customer_exists"],
			idempotent: true,
			touches: theApp,
			handle: ({ app, body }) => customers.create(app, body),
		}),
		route({
			method: "get",
			path: "/customers/search",
			action: "customers.search",
			operationId: "findCustomerByEmail",
			summary: "Find the customer who has an e-mail address",
			description: "Capitals make no difference. The list is empty, or holds one.",
			query: z.strictObject({ email: newCustomer.shape.email }),
			answer: many(customer),
			touches: theApp,
			async handle({ app, query }) {
				const found = await customers.findByEmail(app, query.email);
				return { items: found ? [found] : [] };
			},
		}),
		route({
			method: "get",
			path: "/customers/:id",
			action: "customers.get",
			operationId: "getCustomer",
			summary: "Get a customer",
			answer: one(customer),
			touches: touched,
			async handle({ app, actor, params }) {
				const found = await customers.get(app, params.id);
				return actor.role === "customer" ? shownToThem(found) : found;
			},
		}),
		route({
			method: "put",
			path: "/customers/:id",
			action: "customers.update",
			operationId: "updateCustomer",
			summary: "Change what is named of a customer",
			body: customerChanges,
			answer: one(customer),
			throws: ["customer_exists"],
			conditional: true,
			touches: touched,
			handle: ({ app, params, body, rev }) => customers.update(app, params.id, body, rev),
		}),
		route({
			method: "get",
			path: "/customers",
			action: "customers.list",
			operationId: "listCustomers",
			summary: "List customers",
			description: "The newest first: all active ones, or those of a status, a company or a tag.",
			query: listQuery(filters),
			answer: many(customer),
			touches: theApp,
			handle({ app, query }) {
				const { limit, cursor, ...filter } = query;
				return customers.list(app, parseInput(customerFilter, filter), { limit, cursor });
			},
		}),
	] as const;
}
