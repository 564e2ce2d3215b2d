import { io, type Socket } from "socket.io-client";
import { idIn, textOf } from "../Job.js";
import type { Client, Ears, Place } from "./Client.js";
import { OFFLINE_MS } from "./ReturningClient.js";

/**
 * Socket.IO's own client, set to come back after the same time, and to say again what wasn't acknowledged (`retries`),
 * as its documentation advises for "at least once".
 */
export class ReturningSocketIo implements Client {
	readonly repeated = 0;
	readonly disordered = 0;
	private readonly socket: Socket;

	constructor({ origin, room }: Place, ears: Ears) {
		this.socket = io(`http://${origin}`, {
			autoConnect: false,
			forceNew: true,
			transports: ["websocket"],
			auth: { room },
			reconnectionDelay: OFFLINE_MS,
			reconnectionDelayMax: OFFLINE_MS,
			randomizationFactor: 0,
			retries: 100,
			ackTimeout: 5_000,
		});
		this.socket.on("message", ({ text }: { text: string }) => ears.heard(idIn(text)));
	}

	join(): Promise<void> {
		this.socket.connect();
		return new Promise((resolve) => this.socket.once("connect", resolve));
	}

	say(id: string): void {
		this.socket.emit("message", { id, text: textOf(id) });
	}

	/** Loses its socket, as in a tunnel; `engine.close()` would say goodbye. */
	drop(): void {
		const transport = this.socket.io.engine?.transport as unknown as { ws?: { terminate(): void } } | undefined;
		transport?.ws?.terminate();
	}
}
