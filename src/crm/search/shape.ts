import * as z from "zod/mini";
import { message } from "../messages/shape.js";
import type { Hit } from "./Search.js";

const span = z.strictObject({ from: z.int(), to: z.int() });

/** A message that was found, as the API shows it. */
export const hit: z.ZodMiniType<Hit> = z
	.strictObject({
		message,
		snippet: z
			.strictObject({
				text: z.string().with(z.meta({ description: "A part of the message, as it was written." })),
				marks: z.readonly(z.array(span)).with(z.meta({ description: "What of it was looked for, in UTF-16 units." })),
			})
			.with(z.meta({ description: "Text, not HTML: mark it up where it's shown." })),
		conversation: z.strictObject({
			id: z.string(),
			appId: z.string(),
			customerId: z.string(),
			assignedAgentId: z.optional(z.string()),
			status: z.enum(["open", "pending", "closed", "archived"]),
			subject: z.optional(z.string()),
		}),
	})
	.with(z.meta({ id: "SearchHit" }));
