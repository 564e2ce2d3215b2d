import { idIn, textOf } from "../Job.js";
import type { Client, Ears, Place } from "./Client.js";
import { SocketClient } from "./SocketClient.js";

/**
 * Socket.IO's protocol in the few lines that a talk needs (engine.io 4 over a WebSocket: `0` open, `2` ping, `3` pong,
 * `40` connected, `42` event, `43` acknowledgement), on the same `ws` as the other clients. `socket.io-client` does much
 * more for each message; then its cost, not the server's, would be compared. `jitter` takes the real one.
 */
export class SocketIoClient extends SocketClient implements Client {
	private sent = 0;
	private readonly unacked = new Map<number, string>();

	constructor(
		private readonly place: Place,
		private readonly ears: Ears,
	) {
		super(`ws://${place.origin}/socket.io/?EIO=4&transport=websocket`);
	}

	say(id: string): void {
		const number = this.sent++;
		this.unacked.set(number, id);
		this.send(`42${number}${JSON.stringify(["message", { id, text: textOf(id) }])}`);
	}

	protected opened(): void {}

	protected take(frame: string): void {
		if (frame.startsWith("42")) {
			const [, message] = JSON.parse(frame.slice(2)) as [string, { text: string }];
			this.ears.heard(idIn(message.text));
		} else if (frame.startsWith("43")) {
			const number = Number.parseInt(frame.slice(2), 10);
			const id = this.unacked.get(number);
			this.unacked.delete(number);
			if (id !== undefined) this.ears.acked(id);
		} else if (frame === "2") this.send("3");
		else if (frame.startsWith("40")) this.ready();
		else if (frame.startsWith("0")) this.send(`40${JSON.stringify({ room: this.place.room })}`);
	}
}
