/** Lets through `burst` at once, and `perSecond` in the long run. */
export class TokenBucket {
	private tokens: number;
	private filledAt: number;

	constructor(
		private readonly perSecond: number,
		private readonly burst: number,
		private readonly clock: () => number = () => performance.now(),
	) {
		this.tokens = burst;
		this.filledAt = clock();
	}

	/** Whether one more may pass. */
	take(): boolean {
		const now = this.clock();
		this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) / 1000) * this.perSecond);
		this.filledAt = now;
		if (this.tokens < 1) return false;
		this.tokens--;
		return true;
	}
}
