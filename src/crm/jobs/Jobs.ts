import type { Monitor } from "../../monitoring/Monitor.js";
import { ConditionFailed } from "../../protocol/errors.js";
import type { Json, Storage, Write } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import { type JobRecord, jobs } from "./records.js";

export interface JobPorts {
	readonly topic: string;
	readonly storage: Storage;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	readonly monitor: Monitor;
}

/** A job, as whoever works on it is told. */
export interface Job {
	readonly app: string;
	readonly subject: string;
	readonly data: { readonly [field: string]: Json };
	/** Whether its time is up: what's left is done later. */
	isOver(): boolean;
}

/** `done`; or when to go on, epoch milliseconds (by default as soon as possible), and what to know then. */
export type Outcome = "done" | { readonly at?: number; readonly data?: JobRecord["data"] };

/** Does a job, or a part of it. A part that was done before may be done again: nothing may come of that. */
export type Worker = (job: Job) => Promise<Outcome>;

/** How long a job is worked on at a stretch, in milliseconds. */
const STRETCH_MS = 10_000;
/** After so long the process that works on it counts as dead, in milliseconds: far more than a stretch. */
const LEASE_MS = 120_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;
/** How many jobs an upkeep goes on with. */
const AT_ONCE = 20;

/** Keeps work that takes long, and has it gone on with after a crash. */
export class Jobs {
	/** By kind. */
	private readonly workers = new Map<string, Worker>();

	constructor(private readonly ports: JobPorts) {}

	/** Who works on jobs of a kind: to be said before any is begun. */
	add(kind: string, worker: Worker): void {
		this.workers.set(kind, worker);
	}

	/**
	 * Begins a job, unless it's there already, and works on it for some seconds; what's left is the upkeep's. Answers
	 * whether it's done. Throws what its worker throws: it's tried again all the same.
	 */
	async start(app: string, kind: string, subject: string, data?: JobRecord["data"]): Promise<boolean> {
		const record = await this.put(app, kind, subject, data);
		// Somebody works on it.
		if (record.at > this.ports.clock() && record.failures === 0) return false;
		return this.goOn(app, record);
	}

	/** Has it begun at a time by the upkeep, in place of one that's there. */
	async schedule(
		app: string,
		kind: string,
		subject: string,
		{ at, data }: Pick<JobRecord, "at" | "data">,
	): Promise<void> {
		await this.ports.storage.put(jobs, { ...this.fresh(app, kind, subject, data), at });
	}

	/** The same, as a write: for the transaction that makes the job necessary. */
	scheduling(app: string, kind: string, subject: string, { at, data }: Pick<JobRecord, "at" | "data">): Write {
		return { put: jobs, record: { ...this.fresh(app, kind, subject, data), at } };
	}

	/** Undefined where there's none: it was never begun, or is done. */
	find(app: string, kind: string, subject: string): Promise<JobRecord | undefined> {
		return this.ports.storage.get(jobs, [this.key(app, kind, subject)]);
	}

	/** Goes on with what is to be gone on with; answers how many jobs were. What fails is told to the monitor. */
	async upkeep(app: string): Promise<number> {
		const { storage, topic, clock, monitor } = this.ports;
		const query = { index: "due", hash: scopeOf(topic, app), range: { to: clock() }, limit: AT_ONCE } as const;
		const { records } = await storage.query(jobs, query);
		for (const { job, kind } of records) {
			// The index may lag behind.
			const record = await storage.get(jobs, [job]);
			if (!record || record.at > clock()) continue;
			await this.goOn(app, record).catch((error) => monitor.error("job failed", error, { app, kind }));
		}
		return records.length;
	}

	private async put(app: string, kind: string, subject: string, data: JobRecord["data"]): Promise<JobRecord> {
		const { storage } = this.ports;
		const record = this.fresh(app, kind, subject, data);
		try {
			await storage.put(jobs, record, "absent");
			return record;
		} catch (error) {
			const known = error instanceof ConditionFailed && (await storage.get(jobs, [record.job]));
			if (known) return known;
			throw error;
		}
	}

	private fresh(app: string, kind: string, subject: string, data: JobRecord["data"]): JobRecord {
		const { topic, clock } = this.ports;
		const now = clock();
		const job = this.key(app, kind, subject);
		return { job, scope: scopeOf(topic, app), kind, subject, at: now, startedAt: now, failures: 0, data };
	}

	/** Works on it, unless somebody else does; answers whether it's done. */
	private async goOn(app: string, record: JobRecord): Promise<boolean> {
		const { clock } = this.ports;
		const worker = this.workers.get(record.kind);
		const taken = worker && (await this.move(record, clock() + LEASE_MS));
		if (!taken) return false;
		const end = performance.now() + STRETCH_MS;
		const { subject, data = {} } = record;
		let outcome: Outcome;
		try {
			outcome = await worker({ app, subject, data, isOver: () => performance.now() > end });
		} catch (error) {
			const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** record.failures);
			await this.move(taken, clock() + wait, { failures: record.failures + 1 });
			throw error;
		}
		if (outcome !== "done") {
			await this.move(taken, outcome.at ?? clock(), { failures: 0, ...(outcome.data && { data: outcome.data }) });
			return false;
		}
		await this.ports.storage.delete(jobs, [taken.job], [{ path: "at", eq: taken.at }]).catch(lost);
		return true;
	}

	/** Undefined if somebody else has it in hand now. */
	private async move(
		{ job, at }: JobRecord,
		to: number,
		more: Partial<Pick<JobRecord, "failures" | "data">> = {},
	): Promise<JobRecord | undefined> {
		try {
			const set = Object.entries({ ...more, at: to }) as [string, Json][];
			return await this.ports.storage.update(jobs, [job], { set }, [{ path: "at", eq: at }]);
		} catch (error) {
			lost(error);
			return undefined;
		}
	}

	private key(app: string, kind: string, subject: string): string {
		return keyIn(scopeOf(this.ports.topic, app), `${kind}/${subject}`);
	}
}

/** Somebody took it over, because it took long: it's theirs to end. */
function lost(error: unknown): void {
	if (!(error instanceof ConditionFailed)) throw error;
}
