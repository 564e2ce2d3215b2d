import * as z from "zod";
import type { Customer } from "./records.js";

const time = z.iso.datetime();

/** A customer as the API shows them. */
export const customer: z.ZodType<Customer> = z
	.strictObject({
		id: z.string(),
		appId: z.string(),
		rev: z.int().meta({ description: "Rises with every change; also the `ETag`." }),
		email: z.string().optional().meta({ description: "Absent for an anonymous visitor." }),
		name: z.string(),
		phone: z.string().optional(),
		company: z.string().optional(),
		avatar: z.string().optional(),
		customFields: z.record(z.string(), z.json()).optional(),
		tags: z.array(z.string()).readonly().optional(),
		status: z.enum(["active", "blocked"]),
		createdAt: time,
		updatedAt: time,
		lastSeenAt: time.optional(),
		totalConversations: z.int(),
		notes: z.string().optional().meta({ description: "Staff's; customers aren't shown it." }),
	})
	.meta({
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
	});
