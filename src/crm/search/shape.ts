import * as z from "zod";
import { message } from "../messages/shape.js";
import type { Hit } from "./Search.js";

const span = z.strictObject({ from: z.int(), to: z.int() });

/** A message that was found, as the API shows it. */
export const hit: z.ZodType<Hit> = z
	.strictObject({
		message,
		snippet: z
			.strictObject({
				text: z.string().meta({ description: "A part of the message, as it was written." }),
				marks: z.array(span).readonly().meta({ description: "What of it was looked for, in UTF-16 units." }),
			})
			.meta({ description: "Text, not HTML: mark it up where it's shown." }),
		conversation: z.strictObject({
			id: z.string(),
			appId: z.string(),
			customerId: z.string(),
			assignedAgentId: z.string().optional(),
			status: z.enum(["open", "pending", "closed", "archived"]),
			subject: z.string().optional(),
		}),
	})
	.meta({ id: "SearchHit" });
