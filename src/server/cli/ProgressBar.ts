/** Where it's written. */
export interface ProgressOutput {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

const WIDTH = 30;
/** How many lines it takes where nothing can be overwritten, as in a log. */
const LINES = 10;

/** Shows how much of something is done: a bar in a terminal, a line for each tenth elsewhere. */
export class ProgressBar {
	private shown = "";

	constructor(
		private readonly title: string,
		private readonly total: number,
		private readonly output: ProgressOutput = process.stderr,
	) {}

	/** Shows that this much of `total` is done. */
	show(done: number): void {
		const share = this.total === 0 ? 1 : Math.min(1, done / this.total);
		const text = this.output.isTTY ? this.bar(share, done) : this.line(share);
		if (text === this.shown) return;
		this.shown = text;
		this.output.write(this.output.isTTY ? `\r${text}` : `${text}\n`);
	}

	/** What is written next stands on a line of its own. */
	end(): void {
		if (this.output.isTTY && this.shown) this.output.write("\n");
	}

	private bar(share: number, done: number): string {
		const full = Math.round(share * WIDTH);
		const percent = String(Math.floor(share * 100)).padStart(3);
		return `${this.title} [${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${percent} % (${done} of ${this.total})`;
	}

	private line(share: number): string {
		return `${this.title}: ${(Math.floor(share * LINES) * 100) / LINES} %`;
	}
}
