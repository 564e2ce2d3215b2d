import * as z from "zod/mini";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import { many } from "../http/answers.js";
import { listQuery } from "../http/listQuery.js";
import { route, theApp } from "../http/Route.js";
import type { AuditTrail } from "./AuditTrail.js";
import { type AuditEntry, OUTCOMES } from "./records.js";

const id = z.optional(nonEmpty(250));

const auditEntry: z.ZodMiniType<AuditEntry> = z
	.strictObject({
		at: z.iso.datetime(),
		actor: z
			.strictObject({ role: z.enum(["customer", "agent", "admin", "server", "unknown"]), id: id })
			.with(z.meta({ description: "An agent's id, or an API key's. `unknown`: somebody who couldn't sign in." })),
		action: z.string().with(z.meta({ description: "Such as `customers.update`, `agents.role`, `auth.login`." })),
		subject: z.strictObject({ kind: z.string(), id: id }),
		outcome: z.enum(OUTCOMES).with(
			z.meta({
				description:
					"`begun`: noted before it was done; `failed`: perhaps some of it was done; `refused`: a wrong password.",
			}),
		),
		requestId: z.string().with(z.meta({ description: "What the log has the request under." })),
		network: z
			.optional(z.string())
			.with(z.meta({ description: "Where the request came from: an IPv4 /24, or an IPv6 /48." })),
	})
	.with(z.meta({ id: "AuditEntry" }));

/** The routes of the audit trail. */
export function auditRoutes({ audit }: { readonly audit: AuditTrail }) {
	return [
		route({
			method: "get",
			path: "/audit",
			action: "audit.list",
			operationId: "listAuditEntries",
			summary: "List who did what",
			description:
				"The newest first: what staff and API keys changed over REST, and staff at sockets; sign-ins, exports and erasures. Ids only. A page may be shorter than its limit, also empty, while there's a `nextCursor`.",
			query: listQuery({
				actor: id.with(z.meta({ description: "The id of who did it." })),
				subject: id.with(z.meta({ description: "The id of what it was done with." })),
			}),
			answer: many(auditEntry),
			touches: theApp,
			handle: ({ app, query }) => audit.list(app, query),
		}),
	] as const;
}
