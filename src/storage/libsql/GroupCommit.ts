import { isDatabaseFailure } from "./Connection.js";
import type { Writing } from "./WritingConnection.js";

interface Job {
	/** Does the work inside the group's transaction, and gives what settles its promise after the commit. */
	work(): () => void;
	reject(error: unknown): void;
}

/**
 * Commits together what arrives while the group before is being committed, so that one sync to disk serves all of it. Work is done in the order of its arrival; its promise settles when it's on disk.
 */
export class GroupCommit {
	private waiting: Job[] = [];
	private running: Promise<void> | undefined;

	constructor(private readonly writing: Writing) {}

	/**
	 * `work` is called once, inside a transaction; it must throw before it writes, or not at all. When the database
	 * itself fails, all of the group is rejected with that failure.
	 */
	run<T>(work: () => T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			const job = () => {
				const result = work();
				return () => resolve(result);
			};
			this.waiting.push({ work: job, reject });
			this.running ??= this.commitAll();
		});
	}

	/** Resolves when nothing waits any more. */
	async idle(): Promise<void> {
		await this.running;
	}

	private async commitAll(): Promise<void> {
		while (this.waiting.length > 0) await this.commit();
		this.running = undefined;
	}

	private async commit(): Promise<void> {
		try {
			await this.writing.begin();
		} catch (error) {
			for (const { reject } of this.waiting.splice(0)) reject(error);
			return;
		}
		const jobs = this.waiting.splice(0);
		try {
			const settlements = jobs.map(settlementOf);
			await this.writing.commit();
			for (const settle of settlements) settle();
		} catch (error) {
			// Told is what made the group fail; the next group finds out whether the database works again.
			await this.writing.rollBack().catch(() => undefined);
			for (const { reject } of jobs) reject(error);
		}
	}
}

function settlementOf({ work, reject }: Job): () => void {
	try {
		return work();
	} catch (error) {
		if (isDatabaseFailure(error)) throw error;
		return () => reject(error);
	}
}
