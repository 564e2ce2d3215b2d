import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { PostResult } from "../Transport.js";

/** A close frame holds 125 bytes, two of which are the code (RFC 6455, 5.5). */
const REASON_BYTES = 123;

/** Heartbeats that may pass without a pong: at the next one the ping before it has had a whole interval. */
const MISSED_BEATS = 1;

/** The least time between two pings of one connection, in milliseconds: one confirms all that was posted before it. */
const PING_GAP_MS = 100;

// Shared, so that a post allocates nothing.
const SENT: Promise<PostResult> = Promise.resolve("sent");
const GONE: Promise<PostResult> = Promise.resolve("gone");

/**
 * One socket: what was posted to it, and what of that the peer has confirmed.
 * At most one ping is under way. It follows the frames posted before it, and peers answer pings in order, so its pong
 * says that those frames have arrived. It carries a counter only; marks stay here.
 */
export class Connection {
	readonly closed: Promise<void>;
	/** Frames are held back until the end of this turn of the event loop, and then leave in one write. */
	private isCorked = false;
	/** The newest mark that no ping has followed yet. */
	private posted: unknown;
	/** The mark that the ping under way will confirm. */
	private pinged: unknown;
	private pings = 0;
	private pingedAt = Number.NEGATIVE_INFINITY;
	private waiting = false;
	private later: NodeJS.Timeout | undefined;
	/** Heartbeats since the last pong. */
	private beats = 0;

	/** `stream` is what the socket writes to, where it's known. */
	constructor(
		private readonly socket: WebSocket,
		private readonly maxBufferedBytes: number,
		private readonly confirm: (mark: unknown) => void,
		private readonly stream?: Duplex,
	) {
		this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
		this.closed.then(() => clearTimeout(this.later));
		socket.on("pong", (payload) => this.ponged(payload));
		// A socket's error is always followed by its `close`, which is what counts; unheard, it would end the process.
		socket.on("error", () => {});
	}

	send(frame: string, mark: unknown): Promise<PostResult> {
		const socket = this.socket;
		if (socket.readyState !== socket.OPEN) return GONE;
		const waiting = socket.bufferedAmount;
		if (waiting > this.maxBufferedBytes) {
			this.drop();
			return GONE;
		}
		this.cork();
		// Who posts a long history one by one is held back here, at a quarter of what would get the peer dropped.
		const sent = waiting > this.maxBufferedBytes / 4 ? this.sendAndWait(frame) : SENT;
		if (sent === SENT) socket.send(frame);
		if (mark !== undefined) {
			this.posted = mark;
			this.pingSoon();
		}
		return sent;
	}

	/** One heartbeat: ends a peer that hasn't answered since the last one, so that a dead line is noticed within two. */
	beat(): void {
		if (this.beats === MISSED_BEATS) {
			this.socket.terminate();
			return;
		}
		this.beats++;
		if (!this.waiting) this.ping();
	}

	/** Begins the closing handshake; `ws` cuts the socket itself when the peer hasn't answered within 30 s. */
	end(code: number, reason: string): void {
		let text = reason.slice(0, REASON_BYTES);
		while (Buffer.byteLength(text) > REASON_BYTES) text = text.slice(0, -1);
		this.socket.close(code, text);
	}

	terminate(): void {
		this.socket.terminate();
	}

	private sendAndWait(frame: string): Promise<PostResult> {
		return new Promise((resolve) => this.socket.send(frame, (error) => resolve(error ? "gone" : "sent")));
	}

	private cork(): void {
		const { stream } = this;
		if (this.isCorked || !stream) return;
		this.isCorked = true;
		stream.cork();
		process.nextTick(() => {
			this.isCorked = false;
			stream.uncork();
		});
	}

	private pingSoon(): void {
		if (this.waiting || this.later) return;
		const wait = this.pingedAt + PING_GAP_MS - performance.now();
		if (wait <= 0) this.ping();
		else {
			this.later = setTimeout(() => {
				this.later = undefined;
				if (!this.waiting) this.ping();
			}, wait).unref();
		}
	}

	private ping(): void {
		this.waiting = true;
		this.pingedAt = performance.now();
		this.pinged = this.posted;
		this.posted = undefined;
		this.socket.ping(String(++this.pings));
	}

	private ponged(payload: Buffer): void {
		if (!this.waiting || payload.toString() !== String(this.pings)) return;
		const mark = this.pinged;
		this.waiting = false;
		this.beats = 0;
		if (this.posted !== undefined) this.pingSoon();
		if (mark !== undefined) this.confirm(mark);
	}

	/** The code reaches the peer only if it reads again before the next heartbeat, which cuts the socket. */
	private drop(): void {
		this.beats = MISSED_BEATS;
		this.end(1013, "You read too slowly; reconnect.");
	}
}
