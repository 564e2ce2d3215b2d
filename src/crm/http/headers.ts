import { newId } from "../../delivery/identity.js";
import { RouterError } from "../../protocol/errors.js";
import { InvalidRequest } from "./wrongFields.js";

/** What every answer of the API says: it's data of somebody's, shown by nobody's page. */
export const API_HEADERS = {
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "cross-origin",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
} as const;

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Gives each request its id: the caller's own, where it's of a form that a log can hold, or one that's no other's. */
export function requestIds(): (header: string | undefined) => string {
	const process = newId();
	let count = 0;
	return (header) =>
		header !== undefined && REQUEST_ID.test(header) ? header : `${process}.${(count++).toString(36)}`;
}

export function etagOf(rev: number): string {
	return `"${rev}"`;
}

/**
 * The `rev` that `If-Match` demands; undefined: any. What can't match any of ours, as a weak tag can't, is
 * `record_changed`; several tags at once aren't taken.
 */
export function revOf(ifMatch: string | undefined): number | undefined {
	if (ifMatch === undefined || ifMatch.trim() === "*") return undefined;
	const tags = ifMatch.split(",");
	if (tags.length > 1) throw new InvalidRequest([{ in: "header", field: "If-Match", message: "takes one tag, or *" }]);
	const [, rev] = ifMatch.trim().match(/^"(\d{1,15})"$/) ?? [];
	if (rev === undefined) throw new RouterError("record_changed");
	return Number(rev);
}
