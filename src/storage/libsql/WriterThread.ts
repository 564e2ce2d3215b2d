import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { RouterError } from "../../protocol/errors.js";
import { JobList } from "./JobList.js";
import { type PackedError, type PackedOutcome, unpackError, unpackOutcome } from "./packing.js";
import type { Job, Outcome, WriterOptions } from "./Writer.js";
import { writerFile } from "./writerFile.js";

/** What commits groups of jobs, in the order of the calls. */
export interface Committing {
	/** See `Writer.commit`. */
	commit(jobs: readonly Job[]): Promise<readonly Outcome[]>;
	/** To be called when nothing is under way. */
	close(): Promise<void>;
}

type Answer = { readonly outcomes: readonly PackedOutcome[] } | { readonly failed: PackedError };

interface Waiting {
	resolve(outcomes: readonly Outcome[]): void;
	reject(error: unknown): void;
}

/**
 * Writes to a database file on a thread of its own: this one neither waits for the disk nor executes SQL that writes, and
 * other connections read meanwhile.
 */
export class WriterThread implements Committing {
	/** For the answers that are to come, in their order. */
	private readonly waiting: Waiting[] = [];
	private readonly worker: Worker;
	private readonly list: JobList;
	private ended: RouterError | undefined;

	/** The file must be prepared for what is to be written. */
	constructor(
		private readonly path: string,
		options: WriterOptions,
	) {
		this.list = new JobList(options.collections);
		this.worker = new Worker(writerFile, { workerData: { path, ...options }, name: "storage" });
		this.worker.unref();
		this.worker.on("message", (answer: Answer) => this.answered(answer));
		this.worker.on("error", (error) => this.end(error));
		this.worker.on("exit", () => this.end());
	}

	commit(jobs: readonly Job[]): Promise<readonly Outcome[]> {
		if (this.ended) return Promise.reject(this.ended);
		return new Promise((resolve, reject) => {
			// Who waits for an answer keeps the process alive.
			if (this.waiting.push({ resolve, reject }) === 1) this.worker.ref();
			this.worker.postMessage(this.list.pack(jobs));
		});
	}

	async close(): Promise<void> {
		if (this.ended) return;
		this.worker.ref();
		this.worker.postMessage(null);
		await once(this.worker, "exit");
	}

	private answered(answer: Answer): void {
		const next = this.waiting.shift();
		if (this.waiting.length === 0) this.worker.unref();
		if ("failed" in answer) next?.reject(unpackError(answer.failed));
		else next?.resolve(answer.outcomes.map(unpackOutcome));
	}

	private end(cause?: unknown): void {
		this.ended ??= new RouterError("storage_unavailable", `The database ${this.path} isn't written to any more.`, {
			cause,
		});
		for (const { reject } of this.waiting.splice(0)) reject(this.ended);
	}
}
