import { setTimeout as pause } from "node:timers/promises";
import type { SeededRandom } from "./SeededRandom.js";

/** What goes wrong with a frame, each as a probability. */
export interface Faults {
	readonly drop: number;
	readonly duplicate: number;
	/** Overtaken by the one after it. */
	readonly reorder: number;
	readonly delay: number;
	/** The line is cut, with whatever is under way. */
	readonly cut: number;
}

export type FaultCounts = { -readonly [fault in keyof Faults]: number } & { frames: number };

export interface Frame {
	readonly data: Buffer;
	readonly isBinary: boolean;
}

const MAX_DELAY_MS = 60;
/** How long a frame waits for one that overtakes it. */
const OVERTAKE_MS = 40;

/** One direction of a line. Frames keep their order but for the faults that are drawn. */
export class FaultyPipe {
	/** Nothing gets through any more, not even that the other side hangs up. */
	isDead = false;
	private tail: Promise<void> = Promise.resolve();
	private held?: Frame;

	constructor(
		private readonly random: SeededRandom,
		private readonly faults: () => Faults | undefined,
		private readonly counts: FaultCounts,
		private readonly send: (frame: Frame) => void,
		private readonly cut: () => void,
	) {}

	take(frame: Frame): void {
		this.counts.frames++;
		const faults = this.faults();
		const isHit = (fault: keyof Faults) => {
			const isDrawn = faults !== undefined && this.random.chance(faults[fault]);
			if (isDrawn) this.counts[fault]++;
			return isDrawn;
		};
		if (isHit("cut")) this.cut();
		else if (!isHit("drop")) {
			const times = isHit("duplicate") ? 2 : 1;
			const delayMs = isHit("delay") ? this.random.whole(1, MAX_DELAY_MS) : 0;
			const isOvertaken = this.held === undefined && isHit("reorder");
			for (let time = 0; time < times; time++) this.queue(frame, delayMs, isOvertaken);
		}
	}

	/** Control frames pass in their place among the others. */
	passInOrder(send: () => void): void {
		this.tail = this.tail.then(() => {
			if (!this.isDead) send();
		});
	}

	private queue(frame: Frame, delayMs: number, isOvertaken: boolean): void {
		this.tail = this.tail.then(async () => {
			if (delayMs > 0) await pause(delayMs);
			if (isOvertaken) {
				this.held = frame;
				setTimeout(() => this.release(frame), OVERTAKE_MS);
				return;
			}
			this.pass(frame);
			if (this.held) this.release(this.held);
		});
	}

	private release(frame: Frame): void {
		if (this.held !== frame) return;
		this.held = undefined;
		this.pass(frame);
	}

	private pass(frame: Frame): void {
		if (!this.isDead) this.send(frame);
	}
}
