import type { Reply } from "../server/http/Reply.js";
import { SECURITY_HEADERS } from "../server/http/Reply.js";
import type { HttpEvent, HttpResult } from "./events.js";

/** The path that was asked for, without the stage that an address of API Gateway's own begins with. */
export function pathOf({ rawPath, requestContext: { stage } }: HttpEvent): string {
	const prefix = `/${stage}`;
	const isPrefixed = stage !== undefined && stage !== "$default" && `${rawPath}/`.startsWith(`${prefix}/`);
	return (isPrefixed ? rawPath.slice(prefix.length) : rawPath) || "/";
}

export function bodyOf({ body, isBase64Encoded }: HttpEvent): Buffer {
	return Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
}

/** Headers by their lower-case names. */
export function headersOf({ headers }: HttpEvent): Record<string, string> {
	const given = Object.entries(headers ?? {});
	return Object.fromEntries(
		given.flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), value]])),
	);
}

/** The event as the request that it stands for. */
export function requestOf(event: HttpEvent): Request {
	const { rawQueryString, requestContext } = event;
	const headers = headersOf(event);
	const { method } = requestContext.http;
	const host = headers.host ?? requestContext.domainName ?? "localhost";
	const query = rawQueryString ? `?${rawQueryString}` : "";
	const hasBody = method !== "GET" && method !== "HEAD" && event.body;
	return new Request(`https://${host}${pathOf(event)}${query}`, {
		method,
		headers,
		...(hasBody && { body: new Uint8Array(bodyOf(event)) }),
	});
}

/** A response as API Gateway wants it. Text stays text, so that it's readable in its logs. */
export async function resultOf(response: Response): Promise<HttpResult> {
	const body = Buffer.from(await response.arrayBuffer());
	return encoded(response.status, Object.fromEntries(response.headers), body);
}

/** A page or file as API Gateway wants it, with what every answer of ours says. */
export function resultOfReply(
	{ status, headers, body }: Reply,
	more: Readonly<Record<string, string>> = {},
): HttpResult {
	return encoded(status, { ...SECURITY_HEADERS, ...headers, ...more }, Buffer.from(body));
}

function encoded(statusCode: number, headers: Readonly<Record<string, string>>, body: Buffer): HttpResult {
	const names = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
	const isText = /^(text\/|application\/([\w.+-]*json|x-ndjson|javascript)|image\/svg)/.test(
		names["content-type"] ?? "text/",
	);
	const isBase64Encoded = !isText || names["content-encoding"] !== undefined;
	return { statusCode, headers, body: body.toString(isBase64Encoded ? "base64" : "utf8"), isBase64Encoded };
}
