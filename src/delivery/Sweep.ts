import type { App, Apps } from "../apps/Apps.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Storage } from "../storage/Storage.js";
import type { Departures } from "./Departures.js";
import { DUE_SHARDS, dueRecord, dueShard, dueTime } from "./due.js";
import { endAbsence, endHandOff } from "./floor.js";
import { logId } from "./identity.js";
import { wantsAnswer } from "./participants.js";
import type { Switchboard } from "./ports.js";
import { type DueRecord, due } from "./records.js";
import type { SessionLog } from "./SessionLog.js";
import type { Asked, Turns } from "./Turns.js";
import { isTaken } from "./turn.js";

export interface SweepPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly apps: Apps;
	readonly switchboard: Switchboard;
	readonly log: SessionLog;
	readonly departures: Departures;
	readonly turns: Turns;
	readonly monitor: Monitor;
	isDead(instance: string): boolean;
	track(what: string, work: Promise<unknown>): void;
}

/** How many sessions are looked after, and how many turns run, beside each other. */
const BESIDE = 32;

/** Looks after sessions whose time has come: turns whose process died, agents who went away, hand-offs nobody took. */
export class Sweep {
	constructor(private readonly ports: SweepPorts) {}

	/** Looks after every session that's due until `until` (epoch ms); answers how many. The turns that are found go on after. */
	async run(until: number, trace: string): Promise<number> {
		const { topic, apps, track } = this.ports;
		const waiting: Asked[] = [];
		// Looking after a session sets when to look again, which may be before `until` too.
		const seen = new Set<string>();
		for (const app of await apps.list()) {
			for (let shard = 0; shard < DUE_SHARDS; shard++) {
				for await (const records of this.dueIn(dueShard(topic, app.id, shard), until)) {
					const unseen = records.filter(({ session }) => !seen.has(session));
					for (const { session } of unseen) seen.add(session);
					await beside(unseen, async (record) => {
						const asked = await this.tend(app, record, trace);
						if (asked) waiting.push(asked);
					});
				}
			}
		}
		this.ports.monitor.debug("swept", { sessions: seen.size, waiting: waiting.length, trace });
		track(
			"swept turns",
			beside(waiting, (asked) => this.answer(asked)),
		);
		return seen.size;
	}

	private async *dueIn(hash: string, until: number): AsyncGenerator<DueRecord[]> {
		// "0" comes after "/", which ends the time: whatever is due in this very millisecond is in.
		const range = { before: `${String(until).padStart(15, "0")}0` };
		let cursor: string | undefined;
		do {
			const page = await this.ports.storage.query(due, { hash, range, cursor });
			if (page.records.length > 0) yield page.records;
			cursor = page.cursor;
		} while (cursor);
	}

	/** Sets the session right, and when to look again; answers whether somebody is to be asked there. */
	private async tend(app: App, record: DueRecord, trace: string): Promise<Asked | undefined> {
		const { log, storage, monitor, switchboard, departures } = this.ports;
		const key = record.session;
		const answerers = switchboard.answerers(app);
		try {
			await departures.dropDead(key);
			const { result } = await log.change(
				key,
				(draft) => {
					const { head } = draft;
					const time = dueTime(head);
					if (time === undefined || dueRecord(key, time).at !== record.at) return "stale";
					delete head.due;
					draft.touched = true;
					endAbsence(draft, answerers);
					endHandOff(draft);
					const isWaiting = wantsAnswer(head) && !isTaken(draft, (id) => this.ports.isDead(id));
					return isWaiting || head.handOff?.invited ? "asking" : "nothing";
				},
				{ trace },
			);
			if (result === "stale") await storage.delete(due, [record.shard, record.at]);
			return result === "asking" ? { key, app, answerers, trace } : undefined;
		} catch (error) {
			monitor.error("sweep failed", error, { session: logId(key), trace });
			return undefined;
		}
	}

	private async answer(asked: Asked): Promise<void> {
		const { turns, monitor } = this.ports;
		try {
			await turns.invite(asked);
			await turns.run(asked);
		} catch (error) {
			monitor.error("sweep failed", error, { session: logId(asked.key), trace: asked.trace });
		}
	}
}

/** Does the work on every item, on a few at a time. */
async function beside<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const left = items.values();
	const worker = async () => {
		for (const item of left) await work(item);
	};
	await Promise.all(Array.from({ length: Math.min(BESIDE, items.length) }, worker));
}
