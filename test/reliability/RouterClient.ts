import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { digestOf, digestOfFrame, type Frame, type History, type Reader } from "./history.js";

export interface RouterClientOptions {
	/** The server's, such as `http://127.0.0.1:3000`. */
	readonly url: string;
	readonly history: History;
	readonly session: string;
	/** Default: a random one, which is a secret. */
	readonly user?: string;
	/** Default: one that tells it from all others. */
	readonly name?: string;
	/** An agent's; without it, it's a visitor. */
	readonly token?: string;
	/** What it has already. Default: nothing. */
	readonly since?: number;
	/** How long it waits before it connects again. Default: 25 ms, for tests with few clients. */
	readonly reconnectAfterMs?: () => number;
	/** Further parts of the address's query. */
	readonly query?: Readonly<Record<string, string>>;
}

const RECONNECT_MS = 25;
const SEND_AGAIN_MS = 200;

/**
 * A client as `docs/guarantees.md` wants one: numbers what it has, asks for what it lacks, and sends what it says until
 * that's acknowledged. It reconnects by itself until it's closed; all that happens to it goes into the history.
 */
export class RouterClient {
	readonly reader: Reader;
	/** It has everything that it may see up to this entry. */
	last: number;
	/** How often it has been connected, joined and caught up. */
	arrivals = 0;
	/** What it said that isn't acknowledged, by message id. */
	readonly unacknowledged = new Map<string, string>();
	private socket?: WebSocket;
	private isClosed = false;
	/** Asked to resume, and not answered yet. */
	private resuming = true;
	private said = 0;
	private waiting: (() => void)[] = [];

	constructor(private readonly options: RouterClientOptions) {
		const { session, token, user = `user-${randomUUID()}`, since = 0, name = randomUUID().slice(0, 8) } = options;
		this.reader = { name, session, user, since, role: token === undefined ? "visitor" : "agent" };
		this.last = since;
		options.history.readers.push(this.reader);
	}

	/** A client that has joined and caught up. */
	static async open(options: RouterClientOptions): Promise<RouterClient> {
		const client = new RouterClient(options);
		client.connect();
		await client.until(() => client.arrivals > 0);
		return client;
	}

	/** Connects; if that fails, or the connection ends, again and again. */
	connect(): void {
		const { url, token, query } = this.options;
		const address = new URL("/ws", url.replace(/^http/, "ws"));
		const said = { userId: this.reader.user, ...(token === undefined ? {} : { isAdmin: "true", token }), ...query };
		for (const [name, value] of Object.entries(said)) address.searchParams.set(name, value);
		const socket = new WebSocket(address);
		this.socket = socket;
		this.resuming = true;
		socket.on("open", () => this.join());
		socket.on("message", (data) => {
			// What comes when this end has hung up is as good as lost.
			if (this.socket === socket) this.take(JSON.parse(data.toString()) as Frame);
		});
		socket.on("error", () => {});
		socket.on("close", async () => {
			if (this.socket !== socket) return;
			await pause(this.options.reconnectAfterMs?.() ?? RECONNECT_MS);
			if (!this.isClosed && this.socket === socket) this.connect();
		});
	}

	/** Whether it's connected, joined and caught up. */
	get isCurrent(): boolean {
		return !this.resuming && this.socket?.readyState === WebSocket.OPEN;
	}

	/** Says something: it's sent now, or as soon as the client has caught up. Answers the message id. */
	say(text: string, messageId = `${this.reader.name}-${++this.said}`): string {
		this.unacknowledged.set(messageId, text);
		if (!this.resuming) this.post(messageId, text);
		return messageId;
	}

	/** Breaks the connection off, as a network does; it reconnects. */
	drop(): void {
		this.socket?.terminate();
	}

	/** Goes away for good. */
	close(): void {
		this.isClosed = true;
		const socket = this.socket;
		this.socket = undefined;
		socket?.terminate();
	}

	/** Resolves when all that it said is acknowledged. */
	idle(withinMs?: number): Promise<void> {
		return this.until(() => this.unacknowledged.size === 0, withinMs);
	}

	/** Asks for what it lacks, and resolves when it's told that it has everything. */
	async catchUp(withinMs?: number): Promise<void> {
		const before = this.arrivals;
		if (!this.resuming) this.resume();
		await this.until(() => this.arrivals > before, withinMs);
	}

	/** Resolves when the condition holds, looked at whenever something has come. */
	async until(condition: () => boolean, withinMs = 15_000): Promise<void> {
		const { name, session } = this.reader;
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.wake();
		}, withinMs);
		try {
			while (!condition()) {
				if (isLate) {
					throw new Error(`${name} in ${session}: it didn't come to that within ${withinMs} ms (${this.state()}).`);
				}
				await new Promise<void>((resolve) => this.waiting.push(resolve));
			}
		} finally {
			clearTimeout(timer);
		}
	}

	/** For who reads why it waits in vain. */
	private state(): string {
		const refused = this.options.history.of("refused").filter(({ reader }) => reader === this.reader.name);
		const where = ["connecting", "open", "closing", "closed"][this.socket?.readyState ?? WebSocket.CLOSED];
		return [
			`${this.unacknowledged.size} unacknowledged`,
			`${this.arrivals} arrivals`,
			`last ${this.last}`,
			`socket ${where}${this.resuming ? ", resuming" : ""}`,
			`refused ${refused.map(({ code }) => code).join(", ") || "nothing"}`,
		].join("; ");
	}

	private wake(): void {
		for (const resolve of this.waiting.splice(0)) resolve();
	}

	private take(frame: Frame): void {
		const { history } = this.options;
		const reader = this.reader.name;
		const { event, data = {}, sessionId: session = this.reader.session } = frame;
		if (typeof frame.seq === "number") this.see(frame, frame.seq, session);
		else if (event === "connection update") this.joined(data);
		else if (event === "ack") {
			const { messageId, seq, prev, timeMs } = data as { messageId: string; seq: number; prev: number; timeMs: number };
			history.note({ type: "acknowledged", reader, session, messageId, seq, timeMs });
			this.unacknowledged.delete(messageId);
			// Otherwise something is missing before it, or is still to come with a recovery.
			if (!this.resuming && prev <= this.last) this.last = Math.max(this.last, seq);
			else if (!this.resuming) this.resume();
		} else if (event === "resumed") {
			const { recovered, seq } = data as { recovered: boolean; seq: number };
			history.note({ type: "resumed", reader, session, recovered, seq });
			this.last = recovered ? Math.max(this.last, seq) : seq;
			this.resuming = false;
			this.arrivals++;
			for (const [messageId, text] of this.unacknowledged) this.post(messageId, text);
		} else if (event === "failure" && data.type === "ROUTER") this.refused(data, session);
		this.wake();
	}

	private joined({ sessionCreated, code = "" }: Record<string, unknown>): void {
		if (sessionCreated === true) this.resume();
		else this.refused({ code, retryable: true }, this.reader.session);
	}

	private join(): void {
		this.send({ event: "user joined" });
	}

	private resume(): void {
		this.resuming = true;
		this.send({ event: "resume", data: { since: this.last } });
	}

	private see(frame: Frame, seq: number, session: string): void {
		const { prev = Number.NaN, messageId = "", own = false } = frame;
		const from = frame.sender?.userId ?? "";
		const seen = { reader: this.reader.name, session, seq, prev, messageId, from, own, digest: digestOfFrame(frame) };
		const { history } = this.options;
		if (session !== this.reader.session) history.note({ type: "shown", ...seen });
		else if (seq <= this.last) history.note({ type: "repeated", ...seen });
		else if (prev <= this.last) {
			this.last = seq;
			history.note({ type: "shown", ...seen });
			// Otherwise something is missing before it: both come with the recovery.
		} else if (!this.resuming) this.resume();
	}

	private refused(data: Record<string, unknown>, session: string): void {
		const { messageId, code, retryable } = data as { messageId?: string; code: string; retryable: boolean };
		this.options.history.note({ type: "refused", reader: this.reader.name, session, messageId, code, retryable });
		if (messageId !== undefined && !retryable) this.unacknowledged.delete(messageId);
		if (!retryable) return;
		const socket = this.socket;
		setTimeout(() => {
			if (this.socket !== socket) return;
			// Which frame it was isn't always told: it may have been the one that asks to be let in.
			if (this.resuming) this.join();
			else for (const [id, text] of this.unacknowledged) if ((messageId ?? id) === id) this.post(id, text);
		}, SEND_AGAIN_MS).unref();
	}

	private post(messageId: string, text: string): void {
		const { name: reader, session } = this.reader;
		this.options.history.note({ type: "sent", reader, session, messageId, digest: digestOf("message", text) });
		this.send({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: text } });
	}

	private send(frame: object): void {
		if (this.socket?.readyState !== WebSocket.OPEN) return;
		this.socket.send(JSON.stringify({ sessionId: this.reader.session, timeMs: Date.now(), ...frame }));
	}
}
