import * as z from "zod/mini";
import { RouterError } from "../../protocol/errors.js";

const claims = z.object({
	aud: z.catch(z.optional(z.string()), undefined),
	exp: z.catch(z.optional(z.number()), undefined),
});

/** What a token says of itself, unproved: tells by which key it's to be proved. Throws `token_invalid`. */
export function unprovedClaims(token: string): z.output<typeof claims> {
	const [, payload = ""] = token.split(".");
	try {
		return claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
	} catch (cause) {
		throw new RouterError("token_invalid", undefined, { cause });
	}
}
