import * as z from "zod/mini";
import { LIMITS } from "../../protocol/limits.js";
import { attachment } from "../attachments/shape.js";
import { conversation } from "../conversations/shape.js";
import { customer } from "../customers/shape.js";
import { message } from "../messages/shape.js";
import { text } from "../records/input.js";
import type { ErasureState } from "./Erasures.js";
import type { JoinState } from "./Joins.js";

const file = z.intersection(attachment, z.object({ conversationId: z.string() }));
const counts = z.strictObject({ conversations: z.int(), messages: z.int(), files: z.int() });

/** A line of an export, as the API answers it. */
export const exportLine = z
	.discriminatedUnion("type", [
		z.strictObject({ type: z.literal("customer"), data: customer }),
		z.strictObject({ type: z.literal("conversation"), data: conversation }),
		z.strictObject({ type: z.literal("message"), data: message }),
		z.strictObject({ type: z.literal("file"), data: file }),
		z.strictObject({ type: z.literal("end"), data: counts }),
	])
	.with(z.meta({ id: "ExportLine" }));

/** How far an erasure is. */
export const erasure: z.ZodMiniType<{ readonly state: ErasureState }> = z
	.strictObject({
		state: z
			.enum(["running", "done"])
			.with(z.meta({ description: "`running`: the server goes on with it, also after a crash." })),
	})
	.with(z.meta({ id: "Erasure" }));

/** Who is joined with another customer. */
export const merged = z.strictObject({ from: text(LIMITS.idLength) });

/** How far the joining of two customers is. */
export const merge: z.ZodMiniType<{ readonly state: JoinState }> = z
	.strictObject({
		state: z
			.enum(["running", "done"])
			.with(z.meta({ description: "`running`: the server goes on with it, also after a crash." })),
	})
	.with(z.meta({ id: "Merge" }));
