/**
 * Calls `act` at a fixed rate, each time with when it was due. It never waits for an answer, and a call that comes late
 * still counts from when it was due: a server that stalls can't hide it by holding back what it's sent ("coordinated
 * omission"). What's due falls on whole milliseconds, because a timer is no finer.
 */
export class OpenLoop {
	private timer: NodeJS.Timeout | undefined;
	private begun = 0;
	private done = 0;

	constructor(
		private readonly perSecond: number,
		private readonly act: (due: number) => void,
	) {}

	start(): void {
		this.begun = performance.now();
		this.timer = setInterval(() => this.catchUp(), 1);
	}

	stop(): void {
		clearInterval(this.timer);
	}

	private catchUp(): void {
		const now = performance.now() - this.begun;
		for (;;) {
			const due = Math.floor((this.done * 1000) / this.perSecond);
			if (due > now) return;
			this.done++;
			this.act(this.begun + due);
		}
	}
}
