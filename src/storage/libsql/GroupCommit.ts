import { type Connection, isDatabaseFailure } from "./Connection.js";

interface Job {
	/** Does the work inside the group's transaction, and gives what settles its promise after the commit. */
	work(): () => void;
	reject(error: unknown): void;
}

/**
 * Commits together what arrives in the same turn of the event loop, so that one sync to disk serves all of it.
 * Work is done in the order of its arrival; its promise settles when the commit is on disk.
 */
export class GroupCommit {
	private readonly connection: Connection;
	private waiting: Job[] = [];

	constructor(connection: Connection) {
		this.connection = connection;
	}

	/**
	 * `work` is called once, inside a transaction; it must throw before it writes, or not at all. When the database
	 * itself fails, nothing of the group is written, and all of it is rejected with that failure.
	 */
	run<T>(work: () => T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			if (this.waiting.length === 0) setImmediate(() => this.flush());
			const job = () => {
				const result = work();
				return () => resolve(result);
			};
			this.waiting.push({ work: job, reject });
		});
	}

	/** Commits at once what is waiting. */
	flush(): void {
		const jobs = this.waiting;
		if (jobs.length === 0) return;
		this.waiting = [];
		try {
			this.connection.exec("BEGIN IMMEDIATE");
			const settlements = jobs.map(settlementOf);
			this.connection.exec("COMMIT");
			for (const settle of settlements) settle();
		} catch (error) {
			this.rollBack();
			for (const { reject } of jobs) reject(error);
		}
	}

	private rollBack(): void {
		try {
			// After some failures, such as a full disk, SQLite has done so itself.
			if (this.connection.inTransaction) this.connection.exec("ROLLBACK");
		} catch {
			// What made the group fail is told; the next group finds out whether the database works again.
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
