import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { asRouterError, RouterError } from "../../protocol/errors.js";
import { httpStatus } from "../../protocol/httpStatus.js";
import { networkOf } from "../../protocol/networkOf.js";
import type { LocalTransport } from "../../transport/local/LocalTransport.js";
import { callerAddress } from "../http/callerAddress.js";
import { urlOf } from "../http/Routes.js";
import type { Settings } from "../settings.js";
import { FramePace } from "./FramePace.js";
import { OpenSockets } from "./OpenSockets.js";
import { isSameOrigin, mayConnect } from "./origins.js";
import { SocketLine, type SocketLinePorts } from "./SocketLine.js";
import { TokenBucket } from "./TokenBucket.js";

export interface SocketDoorPorts extends Omit<SocketLinePorts, "isStopping" | "pace"> {
	readonly transport: LocalTransport;
	readonly settings: Pick<
		Settings,
		| "allowedOrigins"
		| "maxConnections"
		| "connectionsPerAddress"
		| "connectionsPerUser"
		| "framesPerSecond"
		| "frameBurst"
		| "trustedProxies"
	>;
	/** The token of the agent who is signed in at this server's pages. */
	agentToken(request: IncomingMessage): string | undefined;
}

const PATH = "/ws";
const RETRY_AFTER_S = "5";
/** What `ws` takes before it closes the connection; whatever is over our own limit is answered by an error before. */
const MAX_PAYLOAD = 1024 * 1024;

/** Where WebSockets come in: who may, is let in by the post office before the handshake is answered. */
export class SocketDoor {
	private readonly server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_PAYLOAD });
	private readonly lines = new Set<SocketLine>();
	private readonly pace = new FramePace();
	private arriving = 0;
	private isClosed = false;

	private readonly ofAddress: OpenSockets;
	private readonly ofUser: OpenSockets;

	constructor(private readonly ports: SocketDoorPorts) {
		this.ofAddress = new OpenSockets(ports.settings.connectionsPerAddress, "address");
		this.ofUser = new OpenSockets(ports.settings.connectionsPerUser, "user");
	}

	/** For the HTTP server's `upgrade`. */
	async enter(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		// Unheard, an error would end the process; it's followed by `close`.
		socket.on("error", () => {});
		this.arriving++;
		try {
			await this.admit(request, socket, head);
		} catch (error) {
			this.refuse(socket, error);
		} finally {
			this.arriving--;
		}
	}

	/** Lets nobody in any more, has everybody reconnect, and waits until what they sent is taken. */
	async close(): Promise<void> {
		this.isClosed = true;
		await this.ports.transport.closeAll("The server is restarting; reconnect.", 1012);
		await Promise.all([...this.lines].map((line) => line.done));
	}

	private async admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		const { office, transport, settings, load } = this.ports;
		const url = urlOf(request);
		if (url?.pathname !== PATH) return answer(socket, 404, "WebSockets are at /ws.");
		if (!mayConnect(request, settings.allowedOrigins)) throw new RouterError("origin_forbidden");
		if (this.isClosed) throw new RouterError("shutting_down");
		if (load.isTooHigh || transport.size + this.arriving > settings.maxConnections) throw new RouterError("overloaded");
		this.ofAddress.count(networkOf(callerAddress(request, settings.trustedProxies) ?? ""), socket);
		const connection = transport.reserve();
		const query = Object.fromEntries(url.searchParams);
		const { app, user } = await office.connect({ connection, query, headers: this.headersOf(request, query) });
		try {
			if (this.isClosed) throw new RouterError("shutting_down");
			this.ofUser.count(`${app} ${user}`, socket);
		} catch (error) {
			await office.disconnect(connection);
			throw error;
		}
		let isOpen = false;
		this.server.handleUpgrade(request, socket, head, (opened) => {
			isOpen = true;
			this.open(connection, opened, socket);
		});
		// It hung up meanwhile, or its handshake is malformed, which `ws` has answered.
		if (!isOpen) await office.disconnect(connection);
	}

	private open(connection: string, socket: WebSocket, stream: Duplex): void {
		const { transport, settings } = this.ports;
		transport.add(socket, stream, connection);
		const bucket = new TokenBucket(settings.framesPerSecond, settings.frameBurst);
		const ports = { ...this.ports, pace: this.pace, isStopping: () => this.isClosed };
		const line = new SocketLine(connection, socket, bucket, ports);
		this.lines.add(line);
		socket.once("close", () => void line.done.then(() => this.lines.delete(line)));
	}

	/** The request's headers, with the token of a signed-in agent for connections of our own pages that say they are one's. */
	private headersOf(request: IncomingMessage, query: Record<string, string>): Record<string, string | undefined> {
		const headers = Object.fromEntries(
			Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]),
		);
		if (query.isAdmin !== "true" || query.token || !isSameOrigin(request)) return headers;
		const token = this.ports.agentToken(request);
		return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
	}

	private refuse(socket: Duplex, cause: unknown): void {
		const { code, message } = asRouterError(cause);
		if (code === "internal") this.ports.monitor.error("connecting failed", cause);
		else this.ports.monitor.warn("connection refused", { code });
		answer(socket, httpStatus(code), message);
	}
}

/** Answers a handshake that isn't accepted. */
function answer(socket: Duplex, status: number, text: string): void {
	const body = `${text}\n`;
	const head = [
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
		"Connection: close",
		"Content-Type: text/plain; charset=utf-8",
		`Content-Length: ${Buffer.byteLength(body)}`,
		...(status === 503 || status === 429 ? [`Retry-After: ${RETRY_AFTER_S}`] : []),
	];
	socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
