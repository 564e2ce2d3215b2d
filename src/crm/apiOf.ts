import type { Hono } from "hono";
import type { Apps } from "../apps/Apps.js";
import type { Monitor } from "../monitoring/Monitor.js";
import { RouterError } from "../protocol/errors.js";
import { apiRoutes } from "./Api.js";
import type { StaffActor } from "./access/Actor.js";
import type { Crm } from "./Crm.js";
import { type ApiEnv, type ApiLimits, type ApiPorts, DEFAULT_LIMITS } from "./http/ApiPorts.js";
import { Authentication, type IdentityPorts } from "./http/Authentication.js";
import { createApi } from "./http/createApi.js";
import { Idempotency, type IdempotencyPorts } from "./http/idempotency/Idempotency.js";

export interface CrmApiPorts extends IdempotencyPorts {
	readonly apps: Apps;
	readonly monitor: Monitor;
	readonly allowedOrigins: ApiPorts["allowedOrigins"];
	readonly about: ApiPorts["about"];
	readonly isStopping?: ApiPorts["isStopping"];
	/** Default: `DEFAULT_LIMITS`. */
	readonly limits?: ApiLimits;
	/** How sites vouch for their visitors. Default: the CRM's `identities`. */
	readonly identity?: IdentityPorts;
}

/** The REST API of a CRM, as an app of Hono. `secret` is the CRM's. */
export function apiOf(crm: Crm, ports: CrmApiPorts): Hono<ApiEnv> {
	const { monitor, limits = DEFAULT_LIMITS } = ports;
	const { access: agentAccess, audit, customerTokens, apiKeys, availability, identities } = crm;
	const authentication = new Authentication({ identity: identities, ...ports, agentAccess, customerTokens, apiKeys });
	crm.whenRevoked((app, agentId) => authentication.forget(app, agentId));
	const active = ({ app, agentId }: StaffActor) => {
		availability.active(app, agentId).catch((error: unknown) => {
			// Whoever was let in by the command line is no agent of the CRM.
			if (error instanceof RouterError && error.code === "agent_unknown") return;
			monitor.error("activity not noted", error, { app });
		});
	};
	const idempotency = new Idempotency(ports);
	return createApi(apiRoutes({ ...crm, authentication }), {
		...ports,
		audit,
		authentication,
		idempotency,
		limits,
		active,
	});
}
