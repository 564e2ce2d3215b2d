import * as z from "zod/mini";
import type { Customer } from "./records.js";

const time = z.iso.datetime();

/** A customer as the API shows them. */
export const customer: z.ZodMiniType<Customer> = z
	.strictObject({
		id: z.string(),
		appId: z.string(),
		rev: z.int().with(z.meta({ description: "Rises with every change; also the `ETag`." })),
		email: z.optional(z.string()).with(z.meta({ description: "Absent for an anonymous visitor." })),
		name: z.string(),
		phone: z.optional(z.string()),
		company: z.optional(z.string()),
		avatar: z.optional(z.string()),
		customFields: z.optional(z.record(z.string(), z.json())),
		tags: z.optional(z.readonly(z.array(z.string()))),
		status: z.enum(["active", "blocked"]),
		createdAt: time,
		updatedAt: time,
		lastSeenAt: z.optional(time),
		totalConversations: z.int(),
		notes: z.optional(z.string()).with(z.meta({ description: "Staff's; customers aren't shown it." })),
	})
	.with(
		z.meta({
			id: "Customer",
			example: {
				id: "Zk9yV2m0Qe6xq1y3bUq3Bw",
				appId: "default",
				rev: 1,
				email: "ada@example.com",
				name: "Ada Lovelace",
				company: "Analytical Engines",
				tags: ["vip"],
				status: "active",
				createdAt: "2026-11-25T09:00:00.000Z",
				updatedAt: "2026-11-25T09:00:00.000Z",
				totalConversations: 3,
			},
		}),
	);
