import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** The mean delay of the event loop, in milliseconds, beyond which nothing more is taken on. */
const DELAY_MS = 1_000;
const FRAMES_IN_HAND = 5_000;
const WINDOW_MS = 1_000;

/** How much the process has to do: whether it can take on more. */
export class Load {
	/** Frames that have come and aren't done. */
	framesInHand = 0;
	private readonly timer: NodeJS.Timeout;
	/** Windows in a row whose mean delay was too long. */
	private slowWindows = 0;

	/** `delays`: of the event loop, in nanoseconds. */
	constructor(
		private readonly delays: Pick<IntervalHistogram, "enable" | "disable" | "mean" | "reset"> = monitorEventLoopDelay({
			resolution: 20,
		}),
	) {
		this.delays.enable();
		this.timer = setInterval(() => {
			this.slowWindows = this.delays.mean / 1e6 > DELAY_MS ? this.slowWindows + 1 : 0;
			this.delays.reset();
		}, WINDOW_MS).unref();
	}

	/** One thing that takes long isn't much to do: what was refused after it could have been done at once. */
	get isTooHigh(): boolean {
		return this.slowWindows > 1 || this.framesInHand >= FRAMES_IN_HAND;
	}

	close(): void {
		clearInterval(this.timer);
		this.delays.disable();
	}
}
