import { setTimeout as pause } from "node:timers/promises";
import { UPKEEP_EVERY_MS } from "../crm/agents/AgentUpkeep.js";
import type { Crm } from "../crm/Crm.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { LibsqlStorage } from "../storage/libsql/LibsqlStorage.js";
import { MESSAGES } from "./openStorage.js";

const SWEEP_MS = 30_000;
const FIRST_UPKEEP_MS = 5_000;
const PURGE_MS = 60_000;
/** Records removed at once: a small batch doesn't hold up a message. */
const PURGED = 200;
const MERGE_MS = 60_000;
/** Pages of the index of messages that are merged at once, how often each time, and how long messages go first in between. */
const MERGED = 64;
const MERGES = 32;
const BETWEEN_MERGES_MS = 50;

/** What is to be done now and then: sessions whose time has come, records that have ended, what makes searching quicker. */
export class Upkeep {
	private readonly timers: NodeJS.Timeout[];
	private readonly running = new Set<string>();
	private isClosed = false;

	constructor(
		crm: Crm,
		storage: LibsqlStorage,
		private readonly monitor: Monitor,
	) {
		const { office } = crm;
		void this.run("recovery", () => office.recover());
		const upkeep = () => this.run("upkeep", () => crm.upkeep());
		this.timers = [
			// What a process that died left undone isn't to wait for long; those who come back at the start go first.
			setTimeout(upkeep, FIRST_UPKEEP_MS).unref(),
			setInterval(() => this.run("sweep", () => office.sweep()), SWEEP_MS).unref(),
			setInterval(upkeep, UPKEEP_EVERY_MS).unref(),
			setInterval(() => this.run("purge", () => purge(storage)), PURGE_MS).unref(),
			setInterval(() => this.run("merge", () => this.merge(storage)), MERGE_MS).unref(),
		];
	}

	close(): void {
		this.isClosed = true;
		for (const timer of this.timers) clearTimeout(timer);
	}

	private async merge(storage: LibsqlStorage): Promise<void> {
		for (let merges = 0; merges < MERGES && !this.isClosed; merges++) {
			if (!(await storage.mergeTexts(MESSAGES, MERGED))) return;
			await pause(BETWEEN_MERGES_MS, undefined, { ref: false });
		}
	}

	/** One of each at a time. */
	private async run(what: string, work: () => Promise<unknown>): Promise<void> {
		if (this.running.has(what)) return;
		this.running.add(what);
		try {
			await work();
		} catch (error) {
			this.monitor.error(`${what} failed`, error);
		} finally {
			this.running.delete(what);
		}
	}
}

async function purge(storage: LibsqlStorage): Promise<void> {
	let removed: number;
	do removed = await storage.purgeExpired(PURGED);
	while (removed >= PURGED);
}
