import type { WsContext, WsEvent, WsResult } from "../../handlers/events.js";
import { frameOf, handle } from "../../handlers/webSocket.js";
import { jsonMonitor } from "../../monitoring/jsonMonitor.js";
import { chatDialect } from "../../protocol/chat/ChatDialect.js";
import { readBy, refusalOf, toldError } from "../../protocol/refusals.js";
import { routerDialect } from "../../protocol/router/RouterDialect.js";
import { mayConnect } from "../../server/sockets/origins.js";
import { ApiGatewayTransport } from "../../transport/apigateway/ApiGatewayTransport.js";
import { callbackUrl } from "../../transport/apigateway/callbackUrl.js";
import { type Service, serve } from "../openService.js";

/** `$connect`, `$default` and `$disconnect` of the WebSocket API. */
export function handler(event: WsEvent, context?: WsContext): Promise<WsResult> {
	return serve(
		async (service) => {
			if (event.requestContext.eventType === "CONNECT" && !isAllowed(event, service)) {
				service.monitor.warn("connect refused", { code: "origin_forbidden" });
				return { statusCode: 403 };
			}
			return handle(event, context, service.crm.office);
		},
		(cause) => turnAway(event, cause),
	);
}

/** Pages of ours are elsewhere than the WebSocket. */
function isAllowed({ headers }: WsEvent, { settings: { allowedOrigins, publicUrl } }: Service): boolean {
	const origin = headers?.Origin ?? headers?.origin;
	return (
		mayConnect({ headers: { origin } }, allowedOrigins) ||
		(publicUrl !== undefined && origin === new URL(publicUrl).origin)
	);
}

/** Where this process can't begin its work, as while the storage is away, whoever sent a frame is told so all the same. */
async function turnAway(event: WsEvent, cause: unknown): Promise<void> {
	const { eventType, connectionId: connection } = event.requestContext;
	const read = eventType === "MESSAGE" ? readBy([routerDialect, chatDialect], frameOf(event)) : undefined;
	if (!read) return;
	const { sessionId, signal } = refusalOf(read.command, toldError(cause));
	const frame = read.dialect.signal(sessionId, signal, Date.now());
	const transport = new ApiGatewayTransport();
	try {
		if (frame !== undefined) await transport.post({ connection, url: callbackUrl(event.requestContext) }, frame);
	} catch (error) {
		jsonMonitor().warn("signal not sent", { signal: signal.type, reason: String(error) });
	} finally {
		await transport.close();
	}
}
