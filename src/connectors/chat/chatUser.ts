import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { safeParse } from "../../protocol/safeParse.js";

const chatUser = atFirstUse(() => {
	const name = z.string().check(z.trim(), z.maxLength(LIMITS.nameLength));
	return z.discriminatedUnion("type", [
		z.object({
			type: z.literal("customer"),
			email: z.pipe(name, z.email()),
			name: z.optional(name),
		}),
		z.object({ type: z.literal("agent") }),
	]);
});
export type ChatUser = z.infer<ReturnType<typeof chatUser>>;

/**
 * Who a connection of the chat API says it's from: the query's `user`, a JSON object. Without a `type` it's a customer.
 * Throws `RouterError` `user_invalid`, which names the field and not what is in it.
 */
export function chatUserOf(text: string): ChatUser {
	if (Buffer.byteLength(text) > LIMITS.userBytes) {
		throw new RouterError("user_invalid", `The \`user\` may have ${LIMITS.userBytes} bytes.`);
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new RouterError("user_invalid", "The `user` is not valid JSON.", { cause });
	}
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		throw new RouterError("user_invalid", "The `user` must be a JSON object.");
	}
	const parsed = safeParse(chatUser(), "type" in value ? value : { ...value, type: "customer" });
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new RouterError("user_invalid", `user.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is wrong"}.`);
}
