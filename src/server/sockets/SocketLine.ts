import type { WebSocket } from "ws";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import { type ErrorCode, RouterError } from "../../protocol/errors.js";
import type { FramePace } from "./FramePace.js";
import type { Load } from "./Load.js";
import type { TokenBucket } from "./TokenBucket.js";

export interface SocketLinePorts {
	readonly office: PostOffice;
	readonly load: Load;
	readonly pace: FramePace;
	readonly monitor: Monitor;
	/** While it stops, nobody is signed off one by one: who comes back is known by the next process, as after a crash. */
	isStopping(): boolean;
}

/** Frames of one connection that may wait; beyond them its socket isn't read. */
const WAITING = 64;
/** How often a connection is told that its frames are refused, at most, in milliseconds. */
const TELL_EVERY_MS = 1_000;

/** One open connection: hands its frames to the post office, in the order they came. */
export class SocketLine {
	/** While it's being welcomed: its frames wait for that. */
	private opening: Promise<void> | undefined;
	private waiting = 0;
	/** Called when no frame waits any more. */
	private idlers: (() => void)[] = [];
	/** Once it's closed. */
	private leaving: Promise<void> | undefined;
	private toldAt = Number.NEGATIVE_INFINITY;
	/** Why frames were refused since it was last told; it will be told. */
	private untold: ErrorCode | undefined;

	constructor(
		private readonly connection: string,
		private readonly socket: WebSocket,
		private readonly bucket: TokenBucket,
		private readonly ports: SocketLinePorts,
	) {
		const { office } = ports;
		const opened = () => {
			this.opening = undefined;
		};
		this.opening = office.welcome(connection).catch(this.fail).then(opened);
		socket.on("message", (data, isBinary) => this.take(data.toString(), isBinary));
		socket.on("close", (code) => {
			if (ports.isStopping()) return;
			const leave = () => office.disconnect(connection, { clean: code === 1001 });
			this.leaving = this.served().then(leave).catch(this.fail);
		});
	}

	/** Resolves when everything that has come so far is done. */
	get done(): Promise<unknown> {
		return this.leaving ?? this.served();
	}

	private served(): Promise<void> {
		if (this.waiting === 0) return this.opening ?? Promise.resolve();
		return new Promise((resolve) => this.idlers.push(resolve));
	}

	private take(frame: string, isBinary: boolean): void {
		// What comes after we began to close it is nobody's any more.
		if (this.socket.readyState !== this.socket.OPEN) return;
		if (!this.bucket.take()) this.refuse("rate_limited");
		else if (this.ports.load.isTooHigh) this.refuse("overloaded");
		else if (isBinary) this.refuse("invalid_frame", "The frame is binary; send JSON text frames.");
		else this.handOver(frame);
	}

	private handOver(frame: string): void {
		const { load, pace } = this.ports;
		this.waiting++;
		load.framesInHand++;
		if (this.waiting === WAITING) this.socket.pause();
		pace.begin(() => {
			if (this.opening) void this.opening.then(() => this.give(frame));
			else this.give(frame);
		});
	}

	private give(frame: string): void {
		this.ports.office.receive(this.connection, frame).then(this.frameServed, (error: unknown) => {
			this.fail(error);
			this.frameServed();
		});
	}

	/** A frame has been served, whatever came of it. */
	private readonly frameServed = () => {
		this.waiting--;
		this.ports.load.framesInHand--;
		if (this.socket.isPaused && this.waiting < WAITING / 2) this.socket.resume();
		if (this.waiting === 0) for (const resolve of this.idlers.splice(0)) resolve();
	};

	private readonly fail = (error: unknown) => {
		this.ports.monitor.error("connection failed", error);
		this.socket.close(1011, "Something went wrong here; reconnect.");
	};

	private refuse(code: ErrorCode, text?: string): void {
		const wait = this.toldAt + TELL_EVERY_MS - performance.now();
		if (wait <= 0) {
			this.tell(code, text);
			return;
		}
		// Unanswered, the last of them would be waited for until its sender is told of another.
		if (this.untold === undefined) setTimeout(() => this.untold && this.tell(this.untold), wait).unref();
		this.untold = code;
	}

	private tell(code: ErrorCode, text?: string): void {
		this.toldAt = performance.now();
		this.untold = undefined;
		this.ports.monitor.warn("frame refused", { code });
		const { message, retryable } = new RouterError(code, text);
		const dialect = this.ports.office.dialectOf(this.connection);
		const frame = dialect?.signal(undefined, { type: "refused", code, error: message, retryable }, Date.now());
		if (frame !== undefined && this.socket.readyState === this.socket.OPEN) this.socket.send(frame);
	}
}
