import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

export interface ProviderStandIn {
	/** What was taken. */
	readonly received: Received[];
	/** With the port. */
	readonly host: string;
	close(): void;
}

/** Whether Sentry takes an envelope, and drops nothing of it: its documentation of envelopes, event payloads, tags and environments. */
export function sentryTakes({ path, headers, body }: Received): boolean {
	const [envelope, item, event, ...more] = body
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	const tags = Object.entries<string>(event.tags);
	return (
		/^\/api\/\d+\/envelope\/$/.test(path) &&
		headers["content-type"] === "application/x-sentry-envelope" &&
		/^Sentry sentry_version=7, sentry_key=public, sentry_client=\S+$/.test(String(headers["x-sentry-auth"])) &&
		more.length === 0 &&
		/^[0-9a-f]{32}$/.test(envelope.event_id) &&
		Math.abs(Date.parse(envelope.sent_at) - Date.now()) < 60_000 &&
		item.type === "event" &&
		event.event_id === envelope.event_id &&
		Math.abs(event.timestamp * 1000 - Date.now()) < 60_000 &&
		["fatal", "error", "warning", "info", "debug"].includes(event.level) &&
		/^(?!None$)[^\s/]{1,64}$/.test(event.environment) &&
		event.transaction.length <= 200 &&
		event.exception.values.every((each: { type?: string; value?: string }) => each.type || each.value) &&
		tags.every(([name, value]) => /^[\w.:-]{1,32}$/.test(name) && /^[^\n]{1,200}$/.test(value))
	);
}

/** Stands in for a cloud that errors are reported to: takes what it `accepts`, by the key and the form that are asked for. */
export async function provider(
	accepts: (received: Received) => boolean,
	{ delayMs = 0 }: { readonly delayMs?: number } = {},
): Promise<ProviderStandIn> {
	const received: Received[] = [];
	const server = createServer(async (request, response) => {
		const one = { path: request.url ?? "", headers: request.headers, body: await text(request) };
		const isRight = request.method === "POST" && accepts(one);
		if (isRight) received.push(one);
		setTimeout(() => response.writeHead(isRight ? 202 : 403).end("{}"), delayMs).unref();
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	return {
		received,
		host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
