import { setImmediate as turn } from "node:timers/promises";
import { isConstraint, isDatabaseFailure } from "./Connection.js";
import { divide, type Scriptable, scriptOf } from "./script.js";
import type { Writing } from "./WritingConnection.js";

interface Job extends Scriptable {
	/** Does the work inside the group's transaction, and gives what settles its promise after the commit. */
	work(): () => void;
	/** Settles its promise once a script has done it. */
	done(): void;
	reject(error: unknown): void;
}

/**
 * Commits together what arrives while the group before is being committed, so that one sync to disk serves all of it.
 * What comes of it is what would come of work done in the order of its arrival; its promise settles when it's on disk.
 *
 * What can be said in SQL is executed as one script, on libsql's own thread. A script that breaks a constraint is undone,
 * and its group is done work by work, which finds out whose condition doesn't hold.
 */
export class GroupCommit {
	private waiting: Job[] = [];
	private running: Promise<void> | undefined;

	constructor(private readonly writing: Writing) {}

	/**
	 * `work` is called inside a transaction, once in those that are committed; it must throw before it writes, or not at
	 * all. Where a script does the same, it resolves with `scripted`. When the database itself fails, all of the group is
	 * rejected with that failure.
	 */
	run<T>(work: () => T, { writes, rows }: Scriptable, scripted: T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			const job = () => {
				const result = work();
				return () => resolve(result);
			};
			this.waiting.push({ work: job, writes, rows, done: () => resolve(scripted), reject });
			this.running ??= this.commitAll();
		});
	}

	/** Resolves when nothing waits any more. */
	async idle(): Promise<void> {
		await this.running;
	}

	private async commitAll(): Promise<void> {
		// For what else this turn of the event loop brings.
		await turn();
		while (this.waiting.length > 0) await this.commit(this.waiting.splice(0));
		this.running = undefined;
	}

	private async commit(jobs: readonly Job[]): Promise<void> {
		try {
			const settlements = (await this.asScript(jobs)) ?? (await this.oneByOne(jobs));
			for (const settle of settlements) settle();
		} catch (error) {
			// Told is what made the group fail; the next group finds out whether the database works again.
			await this.writing.rollBack().catch(() => undefined);
			for (const { reject } of jobs) reject(error);
		}
	}

	/** Answers undefined, and has done nothing, if there's nothing for a script or it breaks a constraint. */
	private async asScript(jobs: readonly Job[]): Promise<(() => void)[] | undefined> {
		const { writing } = this;
		const { together, after } = divide(jobs);
		if (together.length === 0) return undefined;
		const settlements = together.map(({ done }) => done);
		try {
			await writing.execute(scriptOf(together), after.length === 0);
		} catch (error) {
			if (!isConstraint(error)) throw error;
			await writing.rollBack();
			return undefined;
		}
		if (after.length === 0) return settlements;
		settlements.push(...after.map(settlementOf));
		await writing.commit();
		return settlements;
	}

	private async oneByOne(jobs: readonly Job[]): Promise<(() => void)[]> {
		await this.writing.begin();
		const settlements = jobs.map(settlementOf);
		await this.writing.commit();
		return settlements;
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
