import * as z from "zod";

/** Which part of a conversation's messages is asked for. */
export const messageList = z.strictObject({
	limit: z.number().int().min(1).max(100).default(50),
	/** The `nextCursor` of the page before; it belongs to the same order. */
	cursor: z.string().min(1).max(200).optional(),
	/** `desc`: the newest first. */
	order: z.enum(["asc", "desc"]).default("desc"),
});
export type MessageList = z.input<typeof messageList>;
