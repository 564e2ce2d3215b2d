import type { Hono } from "hono";
import type { Customers } from "./customers/Customers.js";
import { customerRoutes } from "./customers/routes.js";
import type { SchemaOf } from "./http/clientTypes.js";

/** What the routes are made of. */
export interface ApiServices {
	readonly customers: Customers;
}

/** Every route of the API. */
export function apiRoutes(services: ApiServices) {
	return [...customerRoutes(services)] as const;
}

/** The API's type, for Hono's typed client. */
export type Api = Hono<Record<never, never>, SchemaOf<ReturnType<typeof apiRoutes>[number]>>;
