import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { PostResult } from "../Transport.js";
import { encodeFrames, type Frame, OPCODES } from "./frames.js";

/** A close frame holds 125 bytes, two of which are the code (RFC 6455, 5.5). */
const REASON_BYTES = 123;

/** Heartbeats that may pass without a pong: at the next one the ping before it has had a whole interval. */
const MISSED_BEATS = 1;

/** The least time between two pings of one connection, in milliseconds: one confirms all that was posted before it. */
const PING_GAP_MS = 100;

/**
 * One socket: what was posted to it, and what of that the peer has confirmed.
 * At most one ping is under way. It follows the frames posted before it, and peers answer pings in order, so its pong
 * says that those frames have arrived. It carries a counter only; marks stay here.
 */
export class Connection {
	readonly closed: Promise<void>;
	/** What leaves in one write at the end of this turn of the event loop. */
	private gathered: Frame[] = [];
	private gatheredBytes = 0;
	/** Who waits until what is gathered has left this process. */
	private leaving: ((result: PostResult) => void)[] = [];
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

	/** `stream` is what the socket writes to. */
	constructor(
		private readonly socket: WebSocket,
		private readonly stream: Duplex,
		private readonly maxBufferedBytes: number,
		private readonly confirm: (mark: unknown) => void,
	) {
		this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
		this.closed.then(() => clearTimeout(this.later));
		socket.on("pong", (payload) => this.ponged(payload));
		// A socket's error is always followed by its `close`, which is what counts; unheard, it would end the process.
		socket.on("error", () => {});
	}

	/** `bytes`: the frame's in UTF-8. */
	send(frame: string, bytes: number, mark: unknown): PostResult | Promise<PostResult> {
		const socket = this.socket;
		if (socket.readyState !== socket.OPEN) return "gone";
		const waiting = socket.bufferedAmount + this.gatheredBytes;
		if (waiting > this.maxBufferedBytes) {
			this.drop();
			return "gone";
		}
		this.gather({ opcode: OPCODES.text, text: frame, bytes });
		if (mark !== undefined) {
			this.posted = mark;
			this.pingSoon();
		}
		// Who posts a long history one by one is held back here, at a quarter of what would get the peer dropped.
		return waiting > this.maxBufferedBytes / 4 ? new Promise((resolve) => this.leaving.push(resolve)) : "sent";
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
		this.flush();
		this.socket.close(code, text);
	}

	terminate(): void {
		this.socket.terminate();
	}

	/** Past `ws`, which writes each frame by itself, in two parts: the system call costs more than the frame. */
	private gather(frame: Frame): void {
		if (this.gathered.length === 0) process.nextTick(() => this.flush());
		this.gathered.push(frame);
		this.gatheredBytes += frame.bytes;
	}

	private flush(): void {
		const { socket, gathered, leaving } = this;
		this.gathered = [];
		this.gatheredBytes = 0;
		this.leaving = [];
		if (gathered.length === 0) return;
		const settle = (result: PostResult) => {
			for (const resolve of leaving) resolve(result);
		};
		if (socket.readyState !== socket.OPEN) settle("gone");
		else this.stream.write(encodeFrames(gathered), (error) => settle(error ? "gone" : "sent"));
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
		const text = String(++this.pings);
		this.gather({ opcode: OPCODES.ping, text, bytes: text.length });
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
