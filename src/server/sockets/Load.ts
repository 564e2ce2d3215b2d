import { monitorEventLoopDelay } from "node:perf_hooks";

/** The mean delay of the event loop, in milliseconds, beyond which nothing more is taken on. */
const DELAY_MS = 1_000;
const FRAMES_IN_HAND = 5_000;
const WINDOW_MS = 1_000;

/** How much the process has to do: whether it can take on more. */
export class Load {
	/** Frames that have come and aren't done. */
	framesInHand = 0;
	private readonly delays = monitorEventLoopDelay({ resolution: 20 });
	private readonly timer: NodeJS.Timeout;
	private delayMs = 0;

	constructor() {
		this.delays.enable();
		this.timer = setInterval(() => {
			this.delayMs = this.delays.mean / 1e6;
			this.delays.reset();
		}, WINDOW_MS).unref();
	}

	get isTooHigh(): boolean {
		return this.delayMs > DELAY_MS || this.framesInHand >= FRAMES_IN_HAND;
	}

	close(): void {
		clearInterval(this.timer);
		this.delays.disable();
	}
}
