import { idIn, textOf } from "../Job.js";
import type { Client, Ears, Place } from "./Client.js";
import { SocketClient } from "./SocketClient.js";

interface Frame {
	readonly ack?: string;
	readonly text?: string;
}

export class WsClient extends SocketClient implements Client {
	constructor(
		{ origin, room }: Place,
		private readonly ears: Ears,
	) {
		super(`ws://${origin}/?${room}`);
	}

	say(id: string): void {
		this.send(JSON.stringify({ id, text: textOf(id) }));
	}

	protected opened(): void {}

	protected take(frame: string): void {
		const { ack, text } = JSON.parse(frame) as Frame;
		if (ack !== undefined) this.ears.acked(ack);
		else if (text !== undefined) this.ears.heard(idIn(text));
		else this.ready();
	}
}
