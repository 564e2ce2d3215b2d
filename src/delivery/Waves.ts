/** How many waves are under way at once: while one is written, the next one lies there already. */
const UNDER_WAY = 2;
/** A wave takes half of those who wait, so that there's work on both sides meanwhile; but so many at least. */
const LEAST = 8;

/**
 * Lets in by waves who comes, where it pays to begin late: who waits gathers more meanwhile, and what's begun together is
 * written together. Nobody waits while less is under way.
 */
export class Waves {
	private readonly waiting: ((leave: () => void) => void)[] = [];
	private underWay = 0;

	/**
	 * Resolves when its wave begins, with what is to be called when it's through, or has to wait for something else; calling
	 * that again does nothing.
	 */
	enter(): Promise<() => void> {
		return new Promise((resolve) => {
			this.waiting.push(resolve);
			this.begin();
		});
	}

	private begin(): void {
		while (this.waiting.length > 0 && this.underWay < UNDER_WAY) {
			const members = this.waiting.splice(0, Math.max(LEAST, Math.ceil(this.waiting.length / 2)));
			const inside = new Set(members);
			this.underWay++;
			for (const enter of members) {
				enter(() => {
					if (!inside.delete(enter) || inside.size > 0) return;
					this.underWay--;
					this.begin();
				});
			}
		}
	}
}
