import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, type Http2Bindings, type HttpBindings } from "@hono/node-server";
import { apiOf, type CrmApiPorts } from "../../crm/apiOf.js";
import type { Crm } from "../../crm/Crm.js";

export interface ApiListenerPorts extends CrmApiPorts {
	/** How many proxies of the owner's stand before the server: each adds to `X-Forwarded-For` whom it was asked by. */
	readonly trustedProxies: number;
}

/** Tells the listener that there's nothing left to send. */
const SENT = new Response(null, { headers: { "x-hono-already-sent": "true" } });

/** Serves the API of a CRM to Node's HTTP server. */
export function apiListener(crm: Crm, ports: ApiListenerPorts) {
	const api = apiOf(crm, ports);
	const fetch = (request: Request, { incoming, outgoing }: HttpBindings | Http2Bindings) =>
		api.fetch(request, {
			address: addressOf(incoming as IncomingMessage, ports.trustedProxies),
			send(status, headers, body) {
				const length = body === undefined ? undefined : { "Content-Length": Buffer.byteLength(body) };
				(outgoing as ServerResponse).writeHead(status, { ...headers, ...length }).end(body);
				return SENT;
			},
		});
	return getRequestListener(fetch, { overrideGlobalObjects: false }) as (
		request: IncomingMessage,
		response: ServerResponse,
	) => Promise<void>;
}

/** Where a request comes from: what isn't said by a proxy of ours can be anything. */
export function addressOf({ socket, headers }: IncomingMessage, trustedProxies: number): string | undefined {
	if (trustedProxies === 0) return socket.remoteAddress;
	const said = String(headers["x-forwarded-for"] ?? "").split(",");
	return said.at(-trustedProxies)?.trim() || socket.remoteAddress;
}
