import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { RouterMessage } from "../../src/protocol/router/frames.js";

/** Speaks as the published widget does: it numbers nothing and asks for nothing; when it returns it only connects. */
export class StockWidget {
	/** What it was sent to show, in the order it came. */
	readonly read: string[] = [];
	isOpen = false;
	/** How much of it the server has been told of, by a pong. */
	confirmed = 0;
	private readonly user = `stentor-widget-user-${randomUUID()}`;
	private socket: WebSocket;

	constructor(
		private readonly url: string,
		private readonly session: string,
	) {
		this.socket = this.connect("first");
		this.socket.on("open", () => {
			this.socket.send(JSON.stringify({ event: "user joined", sessionId: this.session, timeMs: Date.now() }));
		});
	}

	/** Gives its connection up and makes another. */
	comeBack(): void {
		this.socket.terminate();
		this.socket = this.connect("back");
	}

	close(): void {
		this.socket.terminate();
	}

	private connect(reason: string): WebSocket {
		const address = new URL("/ws", this.url.replace(/^http/, "ws"));
		address.search = String(new URLSearchParams({ userId: this.user, isAdmin: "false", createWsReason: reason }));
		const socket = new WebSocket(address);
		socket.on("error", () => {});
		socket.on("ping", () => {
			this.confirmed = this.read.length;
		});
		socket.on("message", (text) => {
			const { event, data } = JSON.parse(text.toString()) as RouterMessage<{ rawQuery?: string }>;
			if (event === "connection update") this.isOpen = true;
			if (event === "new message" && this.socket === socket) this.read.push(String(data?.rawQuery));
		});
		return socket;
	}
}
