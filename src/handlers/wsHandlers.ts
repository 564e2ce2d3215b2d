import type { PostOffice } from "../presets/PostOffice.js";
import type { WsCallback, WsContext, WsEvent, WsResult } from "./events.js";
import { connect, disconnect, type Handle, handle, message } from "./webSocket.js";

/**
 * Handles an event of an API Gateway WebSocket API for a Lambda that has a callback: calls it with
 * `(null, { statusCode })` and resolves to the same. Lambda takes the first of the two. Neither fails: see `statusCode`.
 */
export type WsHandler = (
	event: WsEvent,
	context: WsContext | undefined,
	callback: WsCallback | undefined,
	postOffice: PostOffice,
) => Promise<WsResult>;

/** `$connect`: 200 lets the connection in; 401, 403 and 404 don't, nor do 500 and 503, when it should be tried again. */
export const wsConnectionHandler: WsHandler = calling(connect);

/**
 * `$default`: 200 once what the frame asked for is done, to the last post of an answer to it. What is wrong with a frame
 * is told to its client, with 200. 410 for a connection that isn't known any more, 500 or 503 where that can't be told.
 */
export const wsMessageHandler: WsHandler = calling(message);

/** `$disconnect`: 200, also for a connection that isn't known. */
export const wsDisconnectionHandler: WsHandler = calling(disconnect);

/** All three, by the event's `eventType`; 400 for another one. */
export const wsHandler: WsHandler = calling(handle);

/** A Lambda's entry point without a callback, as newer runtimes want it. */
export type WsAsyncHandler = (event: WsEvent, context?: WsContext) => Promise<WsResult>;

/** The same four for this post office, as asynchronous functions of `(event, context)`: Lambdas of Node 24 take no others. */
export function createWsHandlers(postOffice: PostOffice): {
	readonly wsConnectionHandler: WsAsyncHandler;
	readonly wsMessageHandler: WsAsyncHandler;
	readonly wsDisconnectionHandler: WsAsyncHandler;
	readonly wsHandler: WsAsyncHandler;
} {
	const of =
		(does: Handle): WsAsyncHandler =>
		(event, context) =>
			does(event, context, postOffice);
	return {
		wsConnectionHandler: of(connect),
		wsMessageHandler: of(message),
		wsDisconnectionHandler: of(disconnect),
		wsHandler: of(handle),
	};
}

function calling(does: Handle): WsHandler {
	return async (event, context, callback, postOffice) => {
		const result = await does(event, context, postOffice);
		callback?.(null, result);
		return result;
	};
}
