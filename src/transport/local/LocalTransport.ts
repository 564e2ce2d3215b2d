import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { frameTooLarge } from "../frameSize.js";
import type { Address, PostResult, Transport } from "../Transport.js";
import { Connection } from "./Connection.js";

export interface LocalTransportOptions {
	/** Milliseconds between heartbeats. A peer that leaves a ping unanswered from one to the next is cut. Default 20,000. */
	readonly heartbeatMs?: number;
	/**
	 * Bytes that may wait to be read by one peer; default 4 MB. Over a quarter of it, `post` answers only once its frame
	 * has left this process. Over all of it, the peer reads too slowly and is dropped: its connection is closed with
	 * code 1013, cut at the next heartbeat, and `gone` from then on.
	 */
	readonly maxBufferedBytes?: number;
}

/** How long peers may take to answer `closeAll` before they're cut, in milliseconds. */
const CLOSE_MS = 2_000;

/**
 * The server's own WebSockets: the registry of open sockets, and the way to them.
 * Confirms with WebSocket pings that follow what was posted; browsers answer them by themselves, in order.
 */
export class LocalTransport implements Transport {
	readonly confirms = true;
	onConfirmed?: (connection: string, mark: unknown) => void;
	/** Makes connections of this run unlike those of any other, so that an id left over in a database is only `gone`. */
	private readonly boot = randomBytes(8).toString("base64url");
	private readonly open = new Map<string, Connection>();
	private readonly maxBufferedBytes: number;
	private readonly heartbeat: NodeJS.Timeout;

	constructor(options: LocalTransportOptions = {}) {
		this.maxBufferedBytes = options.maxBufferedBytes ?? 4 * 1024 * 1024;
		this.heartbeat = setInterval(() => this.beat(), options.heartbeatMs ?? 20_000).unref();
	}

	/** How many connections are open. */
	get size(): number {
		return this.open.size;
	}

	/** A name for a connection that is about to open; it can't be guessed. */
	reserve(): string {
		return `${this.boot}.${randomBytes(16).toString("base64url")}`;
	}

	/** Takes a socket in, with the stream that it writes to, until it closes; answers its connection's name. */
	add(socket: WebSocket, stream: Duplex, id = this.reserve()): string {
		const confirm = (mark: unknown) => this.onConfirmed?.(id, mark);
		const connection = new Connection(socket, stream, this.maxBufferedBytes, confirm);
		// One that has closed already emits no `close` any more.
		if (socket.readyState === socket.CLOSED) return id;
		this.open.set(id, connection);
		connection.closed.then(() => this.open.delete(id));
		return id;
	}

	post(to: Address, frame: string, mark?: unknown): PostResult | Promise<PostResult> {
		const bytes = Buffer.byteLength(frame);
		const tooLarge = frameTooLarge(bytes);
		if (tooLarge) return Promise.reject(tooLarge);
		return this.open.get(to.connection)?.send(frame, bytes, mark) ?? "gone";
	}

	/** `reason` is cut to the 123 bytes that fit. */
	async disconnect(to: Address, reason: string, code = 1000): Promise<void> {
		this.open.get(to.connection)?.end(code, reason);
	}

	/** Closes every connection, by default with code 1001 (going away), and cuts those that have not answered within 2 s. */
	async closeAll(reason: string, code = 1001): Promise<void> {
		const open = [...this.open.values()];
		for (const connection of open) connection.end(code, reason);
		const late = setTimeout(() => {
			for (const connection of open) connection.terminate();
		}, CLOSE_MS);
		await Promise.all(open.map((connection) => connection.closed));
		clearTimeout(late);
	}

	/** Closes every connection, and stops the heartbeat. */
	async close(): Promise<void> {
		await this.closeAll("The server is stopping.");
		clearInterval(this.heartbeat);
	}

	private beat(): void {
		for (const connection of this.open.values()) connection.beat();
	}
}
