import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { digestOf, digestOfFrame, type Frame, type History, type Reader } from "./history.js";
import type { SeededRandom } from "./SeededRandom.js";

export interface DistrustfulClientOptions {
	/** The server's, or a proxy's, such as `http://127.0.0.1:3000`. */
	readonly url: string;
	readonly history: History;
	readonly session: string;
	readonly name: string;
	/** An agent's; without it, it's a visitor. */
	readonly token?: string;
	readonly random: SeededRandom;
}

const LOOK_EVERY_MS = 100;
/** How long an answer may take until it's asked for again. */
const PATIENCE_MS = 350;
const RECONNECT_WITHIN_MS = 200;

/**
 * A client for lines that lose, double and reorder frames of a connection that goes on, where nothing that came says that
 * what was sent before it came too. It goes by `prev` alone: an entry is shown when the one before it was, anything else
 * is asked for again; what isn't answered in time is sent again.
 */
export class DistrustfulClient {
	readonly reader: Reader;
	/** All that it may see up to this entry was shown. */
	last = 0;
	/** The newest entry that it has heard of. */
	newest = 0;
	/** What it said that isn't acknowledged, by message id. */
	readonly unacknowledged = new Map<string, { readonly text: string; sentAt: number }>();
	/** Asked again because of a gap or for want of an answer. */
	recoveries = 0;
	private socket?: WebSocket;
	private state: "away" | "joining" | "resuming" | "here" = "away";
	/** When something was last asked for, or heard. */
	private at = 0;
	private said = 0;
	private readonly timer: NodeJS.Timeout;

	constructor(private readonly options: DistrustfulClientOptions) {
		const { name, session, token } = options;
		const role = token === undefined ? "visitor" : "agent";
		this.reader = { name, session, user: `user-${randomUUID()}`, since: 0, role };
		options.history.readers.push(this.reader);
		this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
		this.connect();
	}

	get isHere(): boolean {
		return this.state === "here";
	}

	say(text: string): void {
		const messageId = `${this.reader.name}-${++this.said}`;
		this.unacknowledged.set(messageId, { text, sentAt: 0 });
		if (this.isHere) this.post(messageId, text);
	}

	close(): void {
		clearInterval(this.timer);
		const socket = this.socket;
		this.socket = undefined;
		socket?.terminate();
	}

	private connect(): void {
		const { url, token, session } = this.options;
		const address = new URL("/ws", url.replace(/^http/, "ws"));
		address.searchParams.set("userId", this.reader.user);
		address.searchParams.set("isAdmin", String(token !== undefined));
		if (token !== undefined) address.searchParams.set("token", token);
		if (token !== undefined) address.searchParams.set("sessionId", session);
		const socket = new WebSocket(address);
		this.socket = socket;
		this.state = "away";
		socket.on("open", () => this.join());
		socket.on("message", (data) => this.socket === socket && this.take(JSON.parse(data.toString()) as Frame));
		socket.on("error", () => {});
		socket.on("close", () => {
			setTimeout(() => this.socket === socket && this.connect(), this.options.random.whole(0, RECONNECT_WITHIN_MS));
		});
	}

	/** Looks whether something is overdue. */
	private look(): void {
		const now = performance.now();
		if (this.isHere) {
			for (const [messageId, { text, sentAt }] of this.unacknowledged) {
				if (now - sentAt > PATIENCE_MS) this.post(messageId, text);
			}
		}
		if (this.state === "away" || now - this.at < PATIENCE_MS) return;
		this.recoveries++;
		if (this.state === "joining") this.join();
		// Nothing has come for a while: the newest may have been lost.
		else this.resume();
	}

	private join(): void {
		this.state = "joining";
		this.send({ event: "user joined" });
	}

	private resume(): void {
		this.state = "resuming";
		this.send({ event: "resume", data: { since: this.last } });
	}

	private take(frame: Frame): void {
		const { event, data = {}, sessionId: session = "" } = frame;
		const { history } = this.options;
		const reader = this.reader.name;
		if (typeof frame.seq === "number") this.see(frame, frame.seq, session);
		else if (event === "connection update" && this.state === "joining") {
			if (data.sessionCreated !== true) throw new Error(`${reader} was not let in: ${JSON.stringify(data)}`);
			this.resume();
		} else if (event === "ack") {
			const { messageId, seq, timeMs } = data as { messageId: string; seq: number; timeMs: number };
			history.note({ type: "acknowledged", reader, session, messageId, seq, timeMs });
			this.unacknowledged.delete(messageId);
			this.newest = Math.max(this.newest, seq);
		} else if (event === "resumed") {
			const { recovered, seq } = data as { recovered: boolean; seq: number };
			// That it's whole means what was sent, not what has come.
			if (!recovered) history.note({ type: "resumed", reader, session, recovered, seq });
			this.newest = Math.max(this.newest, seq);
			this.state = "here";
			if (this.last < this.newest) this.resume();
		} else if (event === "failure" && data.type === "ROUTER") {
			const { messageId, code, retryable } = data as { messageId?: string; code: string; retryable: boolean };
			history.note({ type: "refused", reader, session, messageId, code, retryable });
		}
	}

	private see(frame: Frame, seq: number, session: string): void {
		const { prev = Number.NaN, messageId = "", own = false, sender } = frame;
		this.newest = Math.max(this.newest, seq);
		const from = sender?.userId ?? "";
		const seen = { reader: this.reader.name, session, seq, prev, messageId, from, own, digest: digestOfFrame(frame) };
		if (seq <= this.last) this.options.history.note({ type: "repeated", ...seen });
		else if (prev <= this.last) {
			this.last = seq;
			this.options.history.note({ type: "shown", ...seen });
		} else if (this.isHere) {
			this.recoveries++;
			this.resume();
		}
	}

	private post(messageId: string, text: string): void {
		const { name: reader, session } = this.reader;
		this.unacknowledged.set(messageId, { text, sentAt: performance.now() });
		this.options.history.note({ type: "sent", reader, session, messageId, digest: digestOf("message", text) });
		this.send({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: text } });
	}

	private send(frame: object): void {
		this.at = performance.now();
		if (this.socket?.readyState !== WebSocket.OPEN) return;
		this.socket.send(JSON.stringify({ sessionId: this.reader.session, timeMs: Date.now(), ...frame }));
	}
}
