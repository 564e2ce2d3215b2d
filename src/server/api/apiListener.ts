import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, type Http2Bindings, type HttpBindings } from "@hono/node-server";
import { apiOf, type CrmApiPorts } from "../../crm/apiOf.js";
import type { Crm } from "../../crm/Crm.js";
import { callerAddress } from "../http/callerAddress.js";

export interface ApiListenerPorts extends CrmApiPorts {
	/** See `callerAddress`. */
	readonly trustedProxies: number;
}

/** Tells the listener that there's nothing left to send. */
const SENT = new Response(null, { headers: { "x-hono-already-sent": "true" } });

/** Serves the API of a CRM to Node's HTTP server. */
export function apiListener(crm: Crm, ports: ApiListenerPorts) {
	const api = apiOf(crm, ports);
	const fetch = (request: Request, { incoming, outgoing }: HttpBindings | Http2Bindings) =>
		api.fetch(request, {
			address: callerAddress(incoming as IncomingMessage, ports.trustedProxies),
			send(status, headers, body) {
				if (body !== undefined) headers["Content-Length"] = String(Buffer.byteLength(body));
				(outgoing as ServerResponse).writeHead(status, headers).end(body);
				return SENT;
			},
		});
	return getRequestListener(fetch, { overrideGlobalObjects: false }) as (
		request: IncomingMessage,
		response: ServerResponse,
	) => Promise<void>;
}
