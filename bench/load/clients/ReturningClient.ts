import { type OurFrame, OursClient } from "./OursClient.js";

export const OFFLINE_MS = 2_000;

/** The numbers of the entries that a client has. */
export class Numbers {
	/** All up to this one. */
	whole = 0;
	private readonly beyond = new Set<number>();

	/** Answers whether it's new. */
	add(seq: number): boolean {
		if (seq <= this.whole || this.beyond.has(seq)) return false;
		this.beyond.add(seq);
		while (this.beyond.delete(this.whole + 1)) this.whole++;
		return true;
	}
}

/**
 * Our own client as it's meant to be written: comes back after its socket was lost, says what it has (`resume`), leaves
 * out what it has already, and says again what wasn't acknowledged, under the same message id.
 */
export class ReturningClient extends OursClient {
	/** Frames with an entry that it had already. */
	repeated = 0;
	/** Entries that came after a later one. */
	disordered = 0;
	private readonly numbers = new Numbers();
	private readonly unacked = new Set<string>();
	private newest = 0;
	private wasHere = false;
	private isReady = false;

	/** Loses its socket, as in a tunnel. */
	drop(): void {
		this.socket?.terminate();
	}

	override say(id: string): void {
		this.unacked.add(id);
		if (this.isReady) super.say(id);
	}

	protected override opened(): void {
		if (this.wasHere) this.resume();
		else super.opened();
	}

	protected override closed(): void {
		this.isReady = false;
		setTimeout(() => this.join().catch(() => {}), this.offlineMs());
	}

	/** For how long it stays away. */
	protected offlineMs(): number {
		return OFFLINE_MS;
	}

	protected override take(text: string): void {
		const frame = JSON.parse(text) as OurFrame;
		if (frame.event === "ack") this.acked(frame);
		if (frame.event === "pong") this.resume();
		else if (frame.event === "resumed") this.resumed(frame);
		else if (frame.seq === undefined || this.isNew(frame.seq)) this.takeNew(frame, text);
	}

	private takeNew(frame: OurFrame, text: string): void {
		// What it said itself, whose acknowledgement was lost.
		if (frame.own && frame.messageId) this.unacked.delete(frame.messageId);
		else super.take(text);
	}

	private acked({ data }: OurFrame): void {
		if (data?.messageId) this.unacked.delete(data.messageId);
		if (data?.seq !== undefined) this.numbers.add(data.seq);
	}

	private isNew(seq: number): boolean {
		if (!this.numbers.add(seq)) {
			this.repeated++;
			return false;
		}
		if (seq < this.newest) this.disordered++;
		this.newest = Math.max(this.newest, seq);
		return true;
	}

	protected resume(): void {
		this.sendEvent("resume", { data: { since: this.numbers.whole } });
	}

	protected resumed({ data }: OurFrame): void {
		// What it did itself and isn't told of (its barging in) it has, too.
		for (let seq = this.numbers.whole + 1; seq <= (data?.seq ?? 0); seq++) this.numbers.add(seq);
		this.wasHere = true;
		this.isReady = true;
		for (const id of this.unacked) super.say(id);
		this.ready();
	}
}
