import { plain, SECURITY_HEADERS } from "../../server/http/Reply.js";
import { urlOf } from "../../server/http/Routes.js";
import { routeTable } from "../../server/routeTable.js";
import type { HttpEvent, HttpResult } from "../events.js";
import { headersOf, pathOf, resultOfReply } from "../http.js";

const { STUDIO_APP_ID, CONNECTION_SERVER_URL: server } = process.env;

const routes = routeTable({
	app: STUDIO_APP_ID || "default",
	shop: { server: server || undefined, hasDesk: false },
	// It has no storage: whether that answers is asked of the API's function.
	health: { isStopping: false, isStored: async () => true },
});

const POLICY = "Content-Security-Policy";

/** The WebSocket has an address of its own. */
const policy = SECURITY_HEADERS[POLICY].replace("connect-src 'self'", `connect-src 'self' ${originOf(server)}`.trim());

/** Pages, the widget's files, the API's documentation: what is the same for everybody. */
export async function handler(event: HttpEvent): Promise<HttpResult> {
	const { method } = event.requestContext.http;
	const request = { method, url: pathOf(event), headers: headersOf(event) };
	const url = urlOf(request);
	const get = url && routes[url.pathname]?.GET;
	if (!url || !get) return resultOfReply(plain(404, "There is nothing here."));
	if (method !== "GET" && method !== "HEAD") {
		return resultOfReply(plain(405, "Only GET, HEAD can be done here.", { Allow: "GET, HEAD" }));
	}
	return resultOfReply(await get(request, url), { [POLICY]: policy });
}

function originOf(address = ""): string {
	if (!URL.canParse(address)) return "";
	const { protocol, host } = new URL(address);
	return `${protocol}//${host}`;
}
