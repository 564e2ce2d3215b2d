import type { RouterMessage } from "../../../src/protocol/router/frames.js";
import { idIn, textOf } from "../Job.js";
import type { Client, Ears, Place } from "./Client.js";
import type { OurFrame } from "./OursClient.js";
import { ReturningClient } from "./ReturningClient.js";
import { SocketClient } from "./SocketClient.js";

/** Full jitter: who lost the server tries again at any time within this, and after a try in vain within twice as long. */
const WITHIN_MS = 2_000;
const LONGEST_MS = 8_000;
const REFUSED_MS = 200;
/** The published widget's, always. */
const WIDGET_MS = 5_000;

/** A client, and what it tells of the server's end. */
export interface Watch extends Ears {
	/** Its connection has ended. */
	lost(): void;
	/** It's connected, and has what it missed or is about to be sent it. */
	back(): void;
	/** It got a frame with what it had already. */
	repeated(): void;
}

/** Our client, that comes back with jitter, and heeds that a server has too much to do. */
export class JitteringClient extends ReturningClient {
	private tries = 0;

	constructor(
		place: Place,
		private readonly watch: Watch,
	) {
		super(place, watch);
	}

	protected override offlineMs(): number {
		return Math.random() * Math.min(LONGEST_MS, WITHIN_MS * 2 ** this.tries++);
	}

	protected override closed(): void {
		const isFirst = this.tries === 0;
		super.closed();
		if (isFirst) this.watch.lost();
	}

	protected override resumed(frame: OurFrame): void {
		this.tries = 0;
		super.resumed(frame);
		this.watch.back();
	}

	protected override take(text: string): void {
		const { event, data } = JSON.parse(text) as RouterMessage<{ retryable?: boolean }>;
		if (event === "failure" && data?.retryable) setTimeout(() => this.resume(), REFUSED_MS);
		else super.take(text);
	}
}

/** Speaks as the published widget does: numbers nothing, asks for nothing, and comes back after 5 s, whoever else does. */
export class WidgetLike extends SocketClient implements Client {
	private readonly shown = new Set<string>();
	private wasHere = false;
	private isOpen = false;
	private unsaid: string[] = [];

	constructor(
		private readonly place: Place,
		private readonly watch: Watch,
	) {
		super(`ws://${place.origin}/ws?userId=stentor-widget-user-${crypto.randomUUID()}&isAdmin=false`);
	}

	/** It's sent as soon as there's a connection. */
	say(id: string): void {
		if (!this.isOpen) this.unsaid.push(id);
		else this.sendEvent("new message", { data: { type: "INTENT_REQUEST", rawQuery: textOf(id) } });
	}

	protected opened(): void {
		this.isOpen = true;
		if (!this.wasHere) this.sendEvent("user joined");
		else this.watch.back();
		for (const id of this.unsaid.splice(0)) this.say(id);
	}

	protected override closed(): void {
		const isFirst = this.isOpen;
		this.isOpen = false;
		if (isFirst) this.watch.lost();
		setTimeout(() => this.join().catch(() => {}), WIDGET_MS);
	}

	protected take(text: string): void {
		const { event, data, timeMs } = JSON.parse(text) as OurFrame;
		if (event === "connection update") {
			this.wasHere = true;
			this.ready();
		}
		if (event !== "new message" || !data?.rawQuery) return;
		const id = idIn(data.rawQuery);
		// It leaves out what comes again with the same time.
		const isNew = !this.shown.has(`${timeMs} ${id}`);
		this.shown.add(`${timeMs} ${id}`);
		if (isNew) this.watch.heard(id);
		else this.watch.repeated();
	}

	private sendEvent(event: string, more: object = {}): void {
		this.send(JSON.stringify({ event, sessionId: this.place.room, timeMs: Date.now(), ...more }));
	}
}
