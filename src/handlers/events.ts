/** What is read of an event of an API Gateway WebSocket API; `APIGatewayProxyWebsocketEventV2` of `@types/aws-lambda` fits. */
export interface WsEvent {
	readonly requestContext: {
		readonly connectionId: string;
		/** `CONNECT`, `MESSAGE` or `DISCONNECT`. */
		readonly eventType?: string;
		readonly domainName?: string;
		readonly stage?: string;
		/** The code that a closed connection was closed with. */
		readonly disconnectStatusCode?: number | null;
		/** Epoch milliseconds. */
		readonly connectedAt?: number;
		/** When this event was, in epoch milliseconds. */
		readonly requestTimeEpoch?: number;
	};
	/** Of the address that was connected to. */
	readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
	readonly headers?: Readonly<Record<string, string | undefined>> | null;
	readonly body?: string | null;
	readonly isBase64Encoded?: boolean;
}

/** What is used of a Lambda's context. */
export interface WsContext {
	callbackWaitsForEmptyEventLoop?: boolean;
	readonly awsRequestId?: string;
}

/** What API Gateway is answered. A connection is accepted by 2xx only. */
export interface WsResult {
	readonly statusCode: number;
}

/** The callback that Lambdas have up to Node 22. */
export type WsCallback = (error: null, result: WsResult) => void;
