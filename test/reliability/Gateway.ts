import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { type WebSocket, WebSocketServer } from "ws";
import type { PostOffice } from "../../src/delivery/PostOffice.js";
import { RouterError } from "../../src/protocol/errors.js";
import { ApiGatewayTransport } from "../../src/transport/apigateway/index.js";
import { localSettings } from "../support/startDynamodbLocal.js";
import type { SeededRandom } from "./SeededRandom.js";

/** How many of the notices that a connection has ended get lost: API Gateway promises none. */
const LOST_NOTICES = 0.25;

/**
 * What API Gateway does: keeps the WebSockets, gives each of their events to any one of the post offices, without an
 * order, and takes frames for them by HTTP.
 */
export class Gateway {
	url = "";
	private readonly held = new Map<string, WebSocket>();
	private readonly clients: ApiGatewayManagementApiClient[] = [];
	private readonly sockets = new WebSocketServer({ noServer: true });
	private readonly server = createServer((request, response) => void this.manage(request, response));
	private offices: readonly PostOffice[] = [];

	constructor(private readonly random: SeededRandom) {}

	async start(): Promise<void> {
		this.server.on("upgrade", (request, socket, head) => void this.connect(request, socket, head));
		this.server.listen(0, "127.0.0.1");
		await once(this.server, "listening");
		this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Who gets the events from now on. */
	serve(...offices: PostOffice[]): void {
		this.offices = offices;
	}

	/** A transport to the connections here. */
	transport(): ApiGatewayTransport {
		const clientFor = (url: string) => {
			const client = new ApiGatewayManagementApiClient({ ...localSettings(url), maxAttempts: 1 });
			this.clients.push(client);
			return client;
		};
		return new ApiGatewayTransport({ clientFor });
	}

	async close(): Promise<void> {
		for (const socket of this.held.values()) socket.terminate();
		for (const client of this.clients) client.destroy();
		this.server.closeAllConnections();
		this.server.close();
		await once(this.server, "close");
	}

	private get any(): PostOffice {
		const office = this.offices[this.random.whole(0, this.offices.length - 1)];
		if (!office) throw new Error("There is no post office.");
		return office;
	}

	private async connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		socket.on("error", () => {});
		const connection = randomUUID();
		const query = Object.fromEntries(new URL(request.url ?? "", this.url).searchParams);
		try {
			await this.any.connect({ connection, url: this.url, query, headers: {} });
		} catch (error) {
			if (!(error instanceof RouterError)) throw error;
			return void socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
		}
		this.sockets.handleUpgrade(request, socket, head, (opened) => this.open(connection, opened));
	}

	private open(connection: string, socket: WebSocket): void {
		this.held.set(connection, socket);
		socket.on("message", (data) => {
			this.any.receive(connection, data.toString(), undefined, this.url).catch((error: unknown) => {
				// A connection that isn't known is answered by an error, which such a client doesn't see.
				if (!(error instanceof RouterError)) throw error;
			});
		});
		socket.on("close", () => {
			this.held.delete(connection);
			if (this.random.chance(LOST_NOTICES)) return;
			this.any.disconnect(connection).catch((error: unknown) => {
				if (!(error instanceof RouterError)) throw error;
			});
		});
	}

	private async manage(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const socket = this.held.get(
			decodeURIComponent(request.url ?? "")
				.split("/")
				.at(-1) ?? "",
		);
		const frame = await text(request);
		if (socket && request.method === "DELETE") socket.close();
		else if (socket) socket.send(frame);
		else response.setHeader("x-amzn-errortype", "GoneException");
		response.statusCode = socket ? 200 : 410;
		response.end();
	}
}
