import type { WsContext, WsEvent, WsResult } from "../../handlers/events.js";
import { handle } from "../../handlers/webSocket.js";
import { mayConnect } from "../../server/sockets/origins.js";
import { type Service, serve } from "../openService.js";

/** `$connect`, `$default` and `$disconnect` of the WebSocket API. */
export function handler(event: WsEvent, context?: WsContext): Promise<WsResult> {
	return serve(async (service) => {
		if (event.requestContext.eventType === "CONNECT" && !isAllowed(event, service)) return { statusCode: 403 };
		return handle(event, context, service.crm.office);
	});
}

/** Pages of ours are elsewhere than the WebSocket. */
function isAllowed({ headers }: WsEvent, { settings: { allowedOrigins, publicUrl } }: Service): boolean {
	const origin = headers?.Origin ?? headers?.origin;
	const own = publicUrl === undefined ? [] : [new URL(publicUrl).origin];
	return mayConnect({ headers: { origin } }, allowedOrigins === "all" ? "all" : [...allowedOrigins, ...own]);
}
