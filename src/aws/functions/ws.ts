import type { WsContext, WsEvent, WsResult } from "../../handlers/events.js";
import { handle } from "../../handlers/webSocket.js";
import { mayConnect } from "../../server/sockets/origins.js";
import { type Service, service } from "../openService.js";

/** `$connect`, `$default` and `$disconnect` of the WebSocket API. */
export async function handler(event: WsEvent, context?: WsContext): Promise<WsResult> {
	const opened = await service();
	if (event.requestContext.eventType === "CONNECT" && !isAllowed(event, opened)) return { statusCode: 403 };
	const result = await handle(event, context, opened.crm.office);
	// What routing and agents' activity began would be frozen.
	await opened.idle();
	return result;
}

/** Pages of ours are elsewhere than the WebSocket. */
function isAllowed({ headers }: WsEvent, { settings: { allowedOrigins, publicUrl } }: Service): boolean {
	const origin = headers?.Origin ?? headers?.origin;
	const own = publicUrl === undefined ? [] : [new URL(publicUrl).origin];
	return mayConnect({ headers: { origin } }, allowedOrigins === "all" ? "all" : [...allowedOrigins, ...own]);
}
