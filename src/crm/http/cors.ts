import { RouterError } from "../../protocol/errors.js";

export type AllowedOrigins = "all" | readonly string[];

const METHODS = "GET, POST, PUT, DELETE";
const REQUEST_HEADERS =
	"Authorization, Content-Type, Idempotency-Key, If-Match, X-Api-Key, X-Identity-Hmac, X-Identity-Id, X-Request-Id";
const ANSWER_HEADERS = "Content-Disposition, ETag, Idempotency-Replayed, Location, Retry-After, X-Request-Id";
const A_DAY_S = 86_400;

/** Lets pages of allowed origins read answers. Nothing here hangs on cookies, so none are let through. */
export function corsHeaders(origin: string | undefined, allowed: AllowedOrigins): Readonly<Record<string, string>> {
	if (origin === undefined || !isAllowed(origin, allowed)) return { Vary: "Origin" };
	return { Vary: "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": ANSWER_HEADERS };
}

/** What a browser that asks first is told. Throws `origin_forbidden`. */
export function preflightHeaders(origin: string | undefined, allowed: AllowedOrigins) {
	if (origin !== undefined && !isAllowed(origin, allowed)) throw new RouterError("origin_forbidden");
	return {
		"Access-Control-Allow-Methods": METHODS,
		"Access-Control-Allow-Headers": REQUEST_HEADERS,
		"Access-Control-Max-Age": String(A_DAY_S),
	};
}

function isAllowed(origin: string, allowed: AllowedOrigins): boolean {
	return allowed === "all" || allowed.includes(origin.toLowerCase());
}
