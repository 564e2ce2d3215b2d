import type { PostOffice } from "../presets/PostOffice.js";
import { asRouterError, RouterError } from "../protocol/errors.js";
import { httpStatus } from "../protocol/httpStatus.js";
import { callbackUrl } from "../transport/apigateway/callbackUrl.js";
import type { WsContext, WsEvent, WsResult } from "./events.js";

/** How long API Gateway lets a connection be idle. */
const IDLE_LIMIT_MS = 10 * 60_000;

/** What becomes of one event; never rejects, errors are told to the post office's monitor and by the status code. */
export type Handle = (event: WsEvent, context: WsContext | undefined, postOffice: PostOffice) => Promise<WsResult>;

/** Nothing can be posted to a connection before this has answered; what it missed goes out with what comes next. */
export const connect: Handle = (event, context, postOffice) =>
	answer("connect", context, postOffice, async (trace) => {
		const { requestContext, queryStringParameters, headers } = event;
		await postOffice.connect(
			{
				connection: requestContext.connectionId,
				url: callbackUrl(requestContext),
				query: queryStringParameters ?? {},
				headers: lowerCased(headers ?? {}),
			},
			trace,
		);
	});

export const message: Handle = (event, context, postOffice) =>
	answer("message", context, postOffice, async (trace) => {
		const { requestContext } = event;
		await postOffice.receive(requestContext.connectionId, frameOf(event), trace, callbackUrl(requestContext));
		// A Lambda is frozen once it has answered, and with it whatever isn't done.
		await postOffice.idle();
	});

export const disconnect: Handle = (event, context, postOffice) =>
	answer("disconnect", context, postOffice, async (trace) => {
		await postOffice.disconnect(event.requestContext.connectionId, { clean: wasPageClosed(event) }, trace);
		await postOffice.idle();
	});

/** Any of the three, by the event's type. */
export const handle: Handle = async (event, context, postOffice) => {
	switch (event.requestContext.eventType) {
		case "CONNECT":
			return connect(event, context, postOffice);
		case "MESSAGE":
			return message(event, context, postOffice);
		case "DISCONNECT":
			return disconnect(event, context, postOffice);
		default:
			return answer("event", context, postOffice, async () => {
				throw new RouterError("unknown_event", "The event's eventType is not CONNECT, MESSAGE or DISCONNECT.");
			});
	}
};

async function answer(
	what: string,
	context: WsContext | undefined,
	{ monitor }: PostOffice,
	work: (trace: string | undefined) => Promise<void>,
): Promise<WsResult> {
	// Connections that are kept open for the next event would have the callback wait for their end.
	if (context && "callbackWaitsForEmptyEventLoop" in context) context.callbackWaitsForEmptyEventLoop = false;
	const trace = context?.awsRequestId;
	try {
		await work(trace);
		return { statusCode: 200 };
	} catch (cause) {
		const { code, message: reason } = asRouterError(cause);
		const statusCode = httpStatus(code);
		if (statusCode < 500) monitor.warn(`${what} refused`, { code, reason, trace });
		else monitor.error(`${what} failed`, cause, { code, trace });
		return { statusCode };
	}
}

/**
 * A browser says 1001 when its page is closed. So does API Gateway when it ends a connection that was idle for 10 minutes
 * or is 2 hours old, and then the client comes back; but it does that to no younger one.
 */
function wasPageClosed({ requestContext }: WsEvent): boolean {
	const { disconnectStatusCode, connectedAt = 0, requestTimeEpoch = Number.POSITIVE_INFINITY } = requestContext;
	return disconnectStatusCode === 1001 && requestTimeEpoch - connectedAt < IDLE_LIMIT_MS;
}

/** The text that a client sent. */
export function frameOf({ body, isBase64Encoded }: WsEvent): string {
	return isBase64Encoded ? Buffer.from(body ?? "", "base64").toString() : (body ?? "");
}

function lowerCased(headers: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
