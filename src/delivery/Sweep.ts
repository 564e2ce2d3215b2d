import type { App, Apps } from "../apps/Apps.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Storage } from "../storage/Storage.js";
import type { Fanout } from "./Fanout.js";
import { endAbsence, wantsAnswer } from "./floor.js";
import { logId } from "./identity.js";
import type { Switchboard } from "./ports.js";
import { type DueRecord, due } from "./records.js";
import { DUE_SHARDS, dueShard } from "./SessionDraft.js";
import type { SessionLog } from "./SessionLog.js";
import type { Turns } from "./Turns.js";
import { isTaken } from "./turn.js";

export interface SweepPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly apps: Apps;
	readonly switchboard: Switchboard;
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly turns: Turns;
	readonly monitor: Monitor;
	readonly clock: () => number;
	isDead(instance: string): boolean;
}

/** How many sessions are looked after beside each other. */
const BESIDE = 16;

/** Looks after sessions whose time has come: turns whose process died, agents who went away, hand-offs nobody took. */
export class Sweep {
	constructor(private readonly ports: SweepPorts) {}

	/** Looks after every session that's due until `until` (epoch ms); answers how many. */
	async run(until: number, trace: string): Promise<number> {
		const { topic, apps } = this.ports;
		let count = 0;
		for (const app of await apps.list()) {
			for (let shard = 0; shard < DUE_SHARDS; shard++) {
				for await (const records of this.dueIn(dueShard(topic, app.id, shard), until)) {
					for (let i = 0; i < records.length; i += BESIDE) {
						await Promise.all(records.slice(i, i + BESIDE).map((record) => this.tend(app, record, trace)));
					}
					count += records.length;
				}
			}
		}
		return count;
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

	private async tend(app: App, record: DueRecord, trace: string): Promise<void> {
		const { log, fanout, turns, storage, monitor, switchboard } = this.ports;
		const key = record.session;
		const answerers = switchboard.answerers(app);
		try {
			const { result } = await log.change(
				key,
				(draft) => {
					const { head } = draft;
					if (head.due?.at !== record.at) return { isStale: true, isInvited: false };
					draft.nothingDue();
					endAbsence(draft, answerers);
					const { handOff } = head;
					const isInvited = handOff !== undefined && handOff.until >= draft.now && answerers.has(handOff.target ?? "");
					if (handOff && handOff.until < draft.now) delete head.handOff;
					const answerer = answerers.get(head.floor.holder ?? "");
					if (answerer && (wantsAnswer(head) || isInvited)) {
						const taken = isTaken(draft, (id) => this.ports.isDead(id));
						draft.lookAfter(taken && head.turn ? head.turn.until : draft.now + answerer.answerWithinMs);
					}
					return { isStale: false, isInvited };
				},
				{ afterwards: (head, { appended }) => fanout.entries(head, appended, trace) },
			);
			if (result.isStale) return await storage.delete(due, [record.shard, record.at]);
			const asked = { key, app, answerers, trace };
			if (result.isInvited) await turns.invite(asked);
			await turns.run(asked);
		} catch (error) {
			monitor.error("sweep failed", error, { session: logId(key), trace });
		}
	}
}
