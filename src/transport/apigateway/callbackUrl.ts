import { RouterError } from "../../protocol/errors.js";

/** What is needed of the `requestContext` of an API Gateway WebSocket event. */
export interface CallbackContext {
	readonly domainName?: string;
	readonly stage?: string;
}

/** API Gateway's own domains: `{api}.execute-api.{region}.amazonaws.com`, and the same in its other partitions. */
const OWN_DOMAIN = /\.execute-api(?:-fips)?\.([^.]+)\./;

/**
 * Where the connection of an event is posted to. `CONNECTION_SERVER_URL` in the environment wins; also as the `wss:`
 * address that clients use, or with the `/@connections` that the console shows.
 *
 * Otherwise `https://{domainName}/{stage}`, and for a custom domain `https://{domainName}`: its mapping names the stage
 * ("If you use a custom domain name for your WebSocket API, remove the `stage` variable",
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).
 * A mapping with a path needs `CONNECTION_SERVER_URL`, with that path: events don't tell it.
 *
 * Throws `configuration_invalid` if the variable is no such URL, or without both the variable and a domain.
 */
export function callbackUrl(
	context: CallbackContext,
	environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
	const configured = environment.CONNECTION_SERVER_URL;
	if (configured) return managementUrl(configured);
	const { domainName, stage } = context;
	if (!domainName) {
		throw new RouterError(
			"configuration_invalid",
			"The event has no domainName; set CONNECTION_SERVER_URL to the WebSocket API's URL, e.g. https://<api>.execute-api.<region>.amazonaws.com/<stage>.",
		);
	}
	return regionOf(domainName) && stage ? `https://${domainName}/${stage}` : `https://${domainName}`;
}

/** The region of one of API Gateway's own domains (or of a URL with one), where requests to it must be signed for. */
export function regionOf(domain: string): string | undefined {
	return OWN_DOMAIN.exec(domain)?.[1];
}

function managementUrl(configured: string): string {
	const http = configured.trim().replace(/^ws(s?):/i, "http$1:");
	if (!URL.canParse(http) || !/^https?:$/.test(new URL(http).protocol)) {
		throw new RouterError(
			"configuration_invalid",
			`CONNECTION_SERVER_URL must be a URL such as https://<api>.execute-api.<region>.amazonaws.com/<stage>, and is "${configured}".`,
		);
	}
	const { origin, pathname } = new URL(http);
	return origin + pathname.replace(/\/+$/, "").replace(/\/(@|%40)connections$/, "");
}
