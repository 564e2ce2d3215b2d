import type { Done, Job } from "./Writer.js";
import type { Committing } from "./WriterThread.js";

interface Waiting {
	readonly job: Job;
	resolve(done: Done): void;
	reject(error: unknown): void;
}

/** While one group is committed another one waits there already: the thread needn't wait for this one. */
const GROUPS_UNDER_WAY = 2;
/** So many jobs aren't held back for more. */
const GROUP = 64;

/**
 * Commits together what arrives while groups before are being committed, so that one sync to disk serves all of it.
 * What comes of it is what would come of jobs done in the order of their arrival.
 */
export class GroupCommit {
	private waiting: Waiting[] = [];
	private underWay = 0;
	private isGathering = false;
	private idlers: (() => void)[] = [];

	constructor(private readonly to: Committing) {}

	/**
	 * Resolves when it's done, and on disk. Rejects with what the job throws; when the database itself fails, all of the
	 * group is rejected with that failure.
	 */
	run(job: Job): Promise<Done> {
		return new Promise((resolve, reject) => {
			this.waiting.push({ job, resolve, reject });
			if (this.waiting.length >= GROUP) this.commitNext();
			else if (!this.isGathering) this.gather();
		});
	}

	/** Resolves when nothing waits any more. */
	async idle(): Promise<void> {
		while (this.waiting.length > 0 || this.underWay > 0) {
			await new Promise<void>((resolve) => this.idlers.push(resolve));
		}
	}

	/** For what else this turn of the event loop brings. */
	private gather(): void {
		this.isGathering = true;
		setImmediate(() => {
			this.isGathering = false;
			this.commitNext();
		});
	}

	private commitNext(): void {
		if (this.waiting.length > 0 && this.underWay < GROUPS_UNDER_WAY) void this.commit(this.waiting.splice(0));
	}

	private async commit(group: readonly Waiting[]): Promise<void> {
		this.underWay++;
		try {
			const outcomes = await this.to.commit(group.map(({ job }) => job));
			this.finished();
			for (const [i, { resolve, reject }] of group.entries()) {
				const outcome = outcomes[i];
				if (outcome && "done" in outcome) resolve(outcome.done);
				else reject(outcome?.failed);
			}
		} catch (error) {
			this.finished();
			for (const { reject } of group) reject(error);
		}
	}

	/** The next group goes its way before it's told what came of this one. */
	private finished(): void {
		this.underWay--;
		this.commitNext();
		for (const resolve of this.idlers.splice(0)) resolve();
	}
}
