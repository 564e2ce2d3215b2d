import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";
import type { Peer } from "../../src/testing/transportSuite.js";
import { LocalTransport, type LocalTransportOptions } from "../../src/transport/local/LocalTransport.js";

/** A client whose WebSocket a test can reach, and the server's side of it. */
export interface SocketPeer extends Peer {
	readonly client: WebSocket;
	readonly socket: WebSocket;
	readonly stream: Duplex;
}

export interface LocalServer {
	readonly transport: LocalTransport;
	connect(options?: ClientOptions): Promise<SocketPeer>;
	close(): Promise<void>;
}

/** A `LocalTransport` behind a WebSocket server on a free port of loopback. */
export async function localServer(options?: LocalTransportOptions): Promise<LocalServer> {
	const transport = new LocalTransport(options);
	const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;

	return {
		transport,
		async connect(clientOptions) {
			const accepted = once(server, "connection");
			const client = new WebSocket(`ws://127.0.0.1:${port}`, clientOptions);
			const received: string[] = [];
			client.on("message", (data) => received.push(data.toString()));
			const ended = new Promise((resolve) => client.once("close", (code, reason) => resolve([code, String(reason)])));
			const [[socket, { socket: stream }]] = await Promise.all([accepted, once(client, "open")]);
			const address = { connection: transport.add(socket, stream) };
			const closeByPeer = async () => {
				const known = once(socket, "close");
				client.close();
				await Promise.all([known, ended]);
			};
			return { address, received, ended, closeByPeer, client, socket, stream };
		},
		async close() {
			await transport.close();
			server.close();
			await once(server, "close");
		},
	};
}
