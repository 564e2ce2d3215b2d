import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";

/** Answers requests of Node's HTTP server by what answers those of `fetch`. */
export class FetchRoutes {
	readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;

	constructor(fetch: (request: Request) => Promise<Response>) {
		this.serve = getRequestListener(fetch, { overrideGlobalObjects: false });
	}
}
