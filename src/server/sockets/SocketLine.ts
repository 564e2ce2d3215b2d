import type { WebSocket } from "ws";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import { type ErrorCode, RouterError } from "../../protocol/errors.js";
import { routerDialect } from "../../protocol/router/RouterDialect.js";
import type { Load } from "./Load.js";
import type { TokenBucket } from "./TokenBucket.js";

export interface SocketLinePorts {
	readonly office: PostOffice;
	readonly load: Load;
	readonly monitor: Monitor;
}

/** Frames of one connection that may wait; beyond them its socket isn't read. */
const WAITING = 64;
/** How often a connection is told that its frames are refused, at most, in milliseconds. */
const TELL_EVERY_MS = 1_000;

/** One open connection: hands its frames to the post office one by one, in the order they came. */
export class SocketLine {
	private tail: Promise<void> = Promise.resolve();
	private waiting = 0;
	private toldAt = Number.NEGATIVE_INFINITY;

	constructor(
		private readonly connection: string,
		private readonly socket: WebSocket,
		private readonly bucket: TokenBucket,
		private readonly ports: SocketLinePorts,
	) {
		const { office } = ports;
		this.queue(() => office.welcome(connection));
		socket.on("message", (data, isBinary) => this.take(data.toString(), isBinary));
		socket.on("close", (code) => this.queue(() => office.disconnect(connection, { clean: code === 1001 })));
	}

	/** Resolves when everything that has come so far is done. */
	get done(): Promise<void> {
		return this.tail;
	}

	private take(frame: string, isBinary: boolean): void {
		if (!this.bucket.take()) this.refuse("rate_limited");
		else if (this.ports.load.isTooHigh) this.refuse("overloaded");
		else if (isBinary) this.refuse("invalid_frame", "The frame is binary; send JSON text frames.");
		else this.handOver(frame);
	}

	private handOver(frame: string): void {
		const { office, load } = this.ports;
		this.waiting++;
		load.framesInHand++;
		if (this.waiting === WAITING) this.socket.pause();
		this.queue(() =>
			office.receive(this.connection, frame).finally(() => {
				this.waiting--;
				load.framesInHand--;
				if (this.socket.isPaused && this.waiting < WAITING / 2) this.socket.resume();
			}),
		);
	}

	private queue(job: () => Promise<void>): void {
		this.tail = this.tail.then(job).catch((error: unknown) => {
			this.ports.monitor.error("connection failed", error);
			this.socket.close(1011, "Something went wrong here; reconnect.");
		});
	}

	private refuse(code: ErrorCode, text?: string): void {
		const now = performance.now();
		if (now - this.toldAt < TELL_EVERY_MS) return;
		this.toldAt = now;
		this.ports.monitor.warn("frame refused", { code });
		const { message, retryable } = new RouterError(code, text);
		const frame = routerDialect.signal(undefined, { type: "refused", code, error: message, retryable }, Date.now());
		if (frame !== undefined && this.socket.readyState === this.socket.OPEN) this.socket.send(frame);
	}
}
