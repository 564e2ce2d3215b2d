/** What is read of an event of an API Gateway HTTP API, in its format 2.0. */
export interface HttpEvent {
	readonly rawPath: string;
	readonly rawQueryString?: string;
	readonly headers?: Readonly<Record<string, string | undefined>>;
	readonly body?: string | null;
	readonly isBase64Encoded?: boolean;
	readonly requestContext: {
		/** Begins the path where the stage isn't `$default`. */
		readonly stage?: string;
		readonly domainName?: string;
		readonly http: { readonly method: string; readonly sourceIp?: string };
	};
}

/** What an HTTP API is answered. */
export interface HttpResult {
	readonly statusCode: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	readonly isBase64Encoded: boolean;
}

/** What a Lambda that reads a stream answers: the events that are to come again, with all after the first of them. */
export interface StreamResult {
	readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}
