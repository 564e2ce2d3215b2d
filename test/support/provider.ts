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
