import pRetry from "p-retry";
import { RouterError } from "../../protocol/errors.js";
import { frameTooLarge } from "../frameSize.js";
import type { Address, PostResult, Transport } from "../Transport.js";
import { failureOf, transportError } from "./failure.js";
import { type Management, type ManagementClient, ManagementClients } from "./ManagementClients.js";

export interface ApiGatewayTransportOptions {
	/**
	 * The client for a URL; called once per URL and again if it threw. Where it gives none, or isn't given, one is made.
	 * We don't close a client given here, and its own retries come on top of ours: set its `maxAttempts` to 1.
	 */
	readonly clientFor?: (url: string) => ManagementClient | undefined;
	/** Retries after throttling (429), a fault of API Gateway's (5xx) or of the network. Default 3. */
	readonly retries?: number;
	/** The milliseconds within which retries begin, spread by growing, jittered waits. Default 2,000. */
	readonly retryWithinMs?: number;
}

/**
 * Connections held by API Gateway, reached over its management API (`POST` and `DELETE {url}/@connections/{id}`).
 *
 * A frame goes out as one request, up to the 128 KB of a message. The quota of 32 KB a WebSocket *frame*, into which
 * "a message larger than 32 KB must be split [...] This applies to @connections commands"
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html),
 * is not ours to split by: an HTTP request has no frames, and two requests would be two messages to the client. It is
 * billed per 32 KB.
 *
 * API Gateway answers 410 until a connection's `$connect` handler has returned: nothing can be posted from within it.
 */
export class ApiGatewayTransport implements Transport {
	/** API Gateway says when it took a frame, not when the client got it. */
	readonly confirms = false;
	private readonly clients: ManagementClients;
	private readonly retries: number;
	private readonly retryWithinMs: number;

	constructor(options: ApiGatewayTransportOptions = {}) {
		this.clients = new ManagementClients(options.clientFor);
		this.retries = options.retries ?? 3;
		this.retryWithinMs = options.retryWithinMs ?? 2_000;
	}

	async post(to: Address, frame: string): Promise<PostResult> {
		const data = Buffer.from(frame);
		const tooLarge = frameTooLarge(data.byteLength);
		if (tooLarge) throw tooLarge;
		return this.request(to, (management) => management.post(to.connection, data));
	}

	/** API Gateway lets neither reason nor code be given. */
	async disconnect(to: Address): Promise<void> {
		await this.request(to, (management) => management.delete(to.connection));
	}

	async close(): Promise<void> {
		this.clients.close();
	}

	private async request({ url }: Address, send: (management: Management) => Promise<unknown>): Promise<PostResult> {
		if (!url)
			throw new RouterError("transport_failed", "The address has no url, so it's no connection of API Gateway.");
		try {
			const management = await this.clients.at(url);
			await pRetry(() => send(management), {
				retries: this.retries,
				maxRetryTime: this.retryWithinMs,
				// Doubled each time, and again by the jitter, so that all retries fit.
				minTimeout: this.retryWithinMs / (2 ** (this.retries + 1) - 1),
				randomize: true,
				shouldRetry: ({ error }) => failureOf(error) === "passing",
			});
			return "sent";
		} catch (error) {
			if (failureOf(error) === "gone") return "gone";
			throw transportError(error, url);
		}
	}
}
