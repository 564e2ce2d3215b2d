import type { RouterMessage } from "../../../src/protocol/router/frames.js";
import { idIn, textOf } from "../Job.js";
import type { Client, Ears, Place } from "./Client.js";
import { SocketClient } from "./SocketClient.js";

export type OurFrame = RouterMessage<{
	readonly rawQuery?: string;
	readonly messageId?: string;
	readonly sessionCreated?: boolean;
	readonly error?: string;
	readonly seq?: number;
}>;

/** Our own dialect: what it says has a message id, and is acknowledged. The first of a room is a visitor, the second an agent. */
export class OursClient extends SocketClient implements Client {
	constructor(
		protected readonly place: Place,
		protected readonly ears: Ears,
	) {
		const query = new URLSearchParams({ userId: crypto.randomUUID() });
		if (!place.isFirst) query.set("isAdmin", "true");
		if (!place.isFirst) query.set("token", place.token);
		super(`ws://${place.origin}/ws?${query}`);
	}

	say(id: string): void {
		this.sendEvent("new message", { messageId: id, data: { type: "INTENT_REQUEST", rawQuery: textOf(id) } });
	}

	protected opened(): void {
		this.sendEvent("user joined");
	}

	protected take(text: string): void {
		const frame = JSON.parse(text) as OurFrame;
		switch (frame.event) {
			case "new message":
				if (frame.data?.rawQuery) this.ears.heard(idIn(frame.data.rawQuery));
				break;
			case "ack":
				if (frame.data?.messageId) this.ears.acked(frame.data.messageId);
				break;
			case "connection update":
				if (!frame.data?.sessionCreated) throw new Error(text);
				if (!this.place.isFirst) this.sendEvent("barge in");
				// Frames are served one after the other: its answer says that what was sent before is done.
				this.sendEvent("ping");
				break;
			case "pong":
				this.ready();
				break;
			case "failure":
				throw new Error(text);
		}
	}

	protected sendEvent(event: string, more: object = {}): void {
		this.send(JSON.stringify({ event, sessionId: this.place.room, timeMs: Date.now(), ...more }));
	}
}
