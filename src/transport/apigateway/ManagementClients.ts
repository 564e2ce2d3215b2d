import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { regionOf } from "./callbackUrl.js";

/** The part of the SDK's client that is used. */
export type ManagementClient = Pick<ApiGatewayManagementApiClient, "send">;

/** The management API of one stage. */
export interface Management {
	post(connection: string, data: Uint8Array): Promise<unknown>;
	delete(connection: string): Promise<unknown>;
}

/** URLs whose clients are kept; the one unused longest makes room. */
const KEPT = 32;

/** As many sockets to one host as the SDK opens by default. */
const SOCKETS = { keepAlive: true, maxSockets: 50 };

/** One client per URL, made (and the SDK loaded) when it's first asked for. */
export class ManagementClients {
	private readonly clientFor: (url: string) => ManagementClient | undefined;
	private readonly byUrl = new Map<string, Promise<Management>>();
	// Shared by the clients made here, so that one that makes room cuts nobody's request.
	private readonly httpAgent = new HttpAgent(SOCKETS);
	private readonly httpsAgent = new HttpsAgent(SOCKETS);

	constructor(clientFor: (url: string) => ManagementClient | undefined = () => undefined) {
		this.clientFor = clientFor;
	}

	at(url: string): Promise<Management> {
		const management = this.byUrl.get(url) ?? this.open(url);
		this.byUrl.delete(url);
		this.byUrl.set(url, management);
		const [oldest] = this.byUrl.keys();
		if (this.byUrl.size > KEPT && oldest !== undefined) this.byUrl.delete(oldest);
		return management;
	}

	/** Ends the sockets of the clients made here; injected clients have their own. */
	close(): void {
		this.byUrl.clear();
		this.httpAgent.destroy();
		this.httpsAgent.destroy();
	}

	private open(url: string): Promise<Management> {
		const opening = this.load(url);
		opening.catch(() => {
			if (this.byUrl.get(url) === opening) this.byUrl.delete(url);
		});
		return opening;
	}

	private async load(url: string): Promise<Management> {
		const sdk = await import("@aws-sdk/client-apigatewaymanagementapi");
		const client =
			this.clientFor(url) ??
			new sdk.ApiGatewayManagementApiClient({
				endpoint: url,
				// A custom domain doesn't tell its region: then it's the SDK's own, `AWS_REGION`.
				...(regionOf(url) && { region: regionOf(url) }),
				maxAttempts: 1, // the transport retries; both would multiply
				requestHandler: {
					connectionTimeout: 1_000,
					requestTimeout: 3_000,
					throwOnRequestTimeout: true, // otherwise the SDK only warns
					httpAgent: this.httpAgent,
					httpsAgent: this.httpsAgent,
				},
			});
		return {
			post: (connection, data) =>
				client.send(new sdk.PostToConnectionCommand({ ConnectionId: connection, Data: data })),
			delete: (connection) => client.send(new sdk.DeleteConnectionCommand({ ConnectionId: connection })),
		};
	}
}
