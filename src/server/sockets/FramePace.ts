/** How many frames are begun in one turn of the event loop. */
const A_TURN = 64;

/**
 * Spreads frames that come at once over turns of the event loop: what else has come meanwhile, as from the thread that
 * writes, isn't kept waiting for all of them, and has work to do while they're served.
 */
export class FramePace {
	private begun = 0;
	private isScheduled = false;
	private waiting: (() => void)[] = [];

	/** Begins a frame now, or in a later turn: in the order of the calls. */
	begin(frame: () => void): void {
		this.schedule();
		if (this.begun < A_TURN && this.waiting.length === 0) {
			this.begun++;
			frame();
		} else this.waiting.push(frame);
	}

	private schedule(): void {
		if (this.isScheduled) return;
		this.isScheduled = true;
		setImmediate(() => {
			this.isScheduled = false;
			const next = this.waiting.splice(0, A_TURN);
			this.begun = next.length;
			if (next.length > 0) this.schedule();
			for (const begin of next) begin();
		});
	}
}
