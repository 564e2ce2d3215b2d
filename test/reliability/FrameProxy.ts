import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { type FaultCounts, type Faults, FaultyPipe, type Frame } from "./FaultyPipe.js";
import type { SeededRandom } from "./SeededRandom.js";

export type Direction = "toServer" | "toClient";

/** A client's connection through the proxy. */
interface Line {
	readonly toServer: FaultyPipe;
	readonly toClient: FaultyPipe;
	cut(): void;
}

/**
 * A middlebox between clients and a server that ends the WebSocket on both sides: it can lose, double, delay and reorder
 * single frames of a connection that goes on, cut it, or let it die in one direction only.
 */
export class FrameProxy {
	/** Such as `http://127.0.0.1:34567`. */
	url = "";
	/** What goes wrong; without it, nothing. */
	faults: Faults | undefined;
	readonly counts: FaultCounts = { frames: 0, drop: 0, duplicate: 0, reorder: 0, delay: 0, cut: 0 };
	private readonly lines = new Set<Line>();
	private readonly sockets = new WebSocketServer({ noServer: true, autoPong: false });
	private readonly http: Server = createServer();
	private opened = 0;

	private constructor(private readonly random: SeededRandom) {}

	/** In front of the server at `target`, such as `http://127.0.0.1:3000`. */
	static async start(target: string, random: SeededRandom): Promise<FrameProxy> {
		const proxy = new FrameProxy(random);
		proxy.http.on("upgrade", (request, socket, head) => {
			socket.on("error", () => {});
			const up = new WebSocket(new URL(request.url ?? "/", target.replace(/^http/, "ws")), { autoPong: false });
			up.on("error", () => socket.destroy());
			// The server may greet at once: nothing is read before there's somebody to read it to.
			up.once("upgrade", (response) => response.socket.pause());
			up.once("open", () => proxy.sockets.handleUpgrade(request, socket, head, (down) => proxy.open(down, up)));
		});
		proxy.http.listen(0, "127.0.0.1");
		await once(proxy.http, "listening");
		proxy.url = `http://127.0.0.1:${(proxy.http.address() as AddressInfo).port}`;
		return proxy;
	}

	/** Lets all present lines die in one direction; neither side is told. */
	silence(direction: Direction): void {
		for (const line of this.lines) line[direction].isDead = true;
	}

	/** Cuts all present lines. */
	cut(): void {
		for (const line of this.lines) line.cut();
	}

	async close(): Promise<void> {
		this.cut();
		this.http.close();
		this.http.closeAllConnections();
		await once(this.http, "close");
	}

	private open(down: WebSocket, up: WebSocket): void {
		const cut = () => {
			down.terminate();
			up.terminate();
		};
		const pipe = (to: WebSocket) => {
			const send = ({ data, isBinary }: Frame) => to.readyState === to.OPEN && to.send(data, { binary: isBinary });
			return new FaultyPipe(this.random.fork(this.opened++), () => this.faults, this.counts, send, cut);
		};
		const line: Line = { toServer: pipe(up), toClient: pipe(down), cut };
		this.lines.add(line);
		join(down, up, line.toServer);
		join(up, down, line.toClient);
		down.once("close", () => this.lines.delete(line));
		up.resume();
	}
}

/** Whatever comes from `from` goes into the pipe to `to`: frames, pings, pongs, and that it hangs up. */
function join(from: WebSocket, to: WebSocket, pipe: FaultyPipe): void {
	const isOpen = () => to.readyState === to.OPEN;
	from.on("message", (data: Buffer, isBinary) => pipe.take({ data, isBinary }));
	from.on("ping", (payload) => pipe.passInOrder(() => isOpen() && to.ping(payload)));
	from.on("pong", (payload) => pipe.passInOrder(() => isOpen() && to.pong(payload)));
	from.on("error", () => {});
	from.on("close", (code, reason) =>
		pipe.passInOrder(() => {
			// Codes that never stand in a close frame say that there was none.
			if (code >= 1000 && ![1005, 1006, 1015].includes(code)) to.close(code, reason);
			else to.terminate();
		}),
	);
}
