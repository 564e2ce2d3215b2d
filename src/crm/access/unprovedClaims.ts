import * as z from "zod";
import { RouterError } from "../../protocol/errors.js";

const claims = z.object({ aud: z.string().optional().catch(undefined), exp: z.number().optional().catch(undefined) });

/** What a token says of itself, unproved: tells by which key it's to be proved. Throws `token_invalid`. */
export function unprovedClaims(token: string): z.output<typeof claims> {
	const [, payload = ""] = token.split(".");
	try {
		return claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
	} catch (cause) {
		throw new RouterError("token_invalid", undefined, { cause });
	}
}
