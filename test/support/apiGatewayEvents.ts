import { readFileSync } from "node:fs";
import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import type { WsContext } from "../../src/handlers/events.js";

/** An event as API Gateway sends it; `@types/aws-lambda` lacks what only some of them have. */
type Recorded = APIGatewayProxyWebsocketEventV2 & { headers?: Record<string, string> };

function recorded(name: "connect" | "message" | "disconnect"): Recorded {
	return JSON.parse(readFileSync(`test/fixtures/apigateway/${name}.json`, "utf8"));
}

export function connectEvent(connectionId: string, query: Record<string, string> = {}, headers = {}): Recorded {
	const event = recorded("connect");
	return {
		...event,
		headers: { ...event.headers, ...headers },
		queryStringParameters: { ...event.queryStringParameters, ...query },
		requestContext: { ...event.requestContext, connectionId },
	};
}

export function messageEvent(connectionId: string, body: string, isBase64Encoded = false): Recorded {
	const event = recorded("message");
	return { ...event, body, isBase64Encoded, requestContext: { ...event.requestContext, connectionId } };
}

/** By default of a connection that API Gateway ended because it was idle for 10 minutes. */
export function disconnectEvent(connectionId: string, context: object = {}): Recorded {
	const event = recorded("disconnect");
	return { ...event, requestContext: { ...event.requestContext, ...context, connectionId } };
}

/** The part of a Lambda's context that handlers may use, as it is before Node 24. */
export function lambdaContext(): WsContext {
	return { callbackWaitsForEmptyEventLoop: true, awsRequestId: "8f5a4c1e-5d3f-4c8b-9a39-2f8f3c5a7e11" };
}
