import { newId } from "../../delivery/identity.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import { RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import { cursorOf, type Listing, listPart, placeAt, placeOf } from "../lists/Listing.js";
import { parseInput } from "../records/input.js";
import { type AuditEntry, type AuditRecord, auditEntries, entryOf } from "./records.js";

export interface AuditTrailPorts {
	readonly topic: string;
	readonly storage: Storage;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	readonly monitor: Monitor;
	/** For how many days entries are kept. Default 400. */
	readonly auditDays?: number;
}

export interface AuditQuery {
	/** The id of who did it. */
	readonly actor?: string;
	/** The id of what it was done with. */
	readonly subject?: string;
	readonly limit?: number;
	readonly cursor?: string;
}

const KEPT_DAYS = 400;
const DAY_MS = 24 * 3_600_000;
/** How many days one page of the whole list looks into. */
const DAYS_A_PAGE = 31;

/** What staff and servers did. */
export class AuditTrail {
	constructor(private readonly ports: AuditTrailPorts) {}

	/** Throws what the storage throws: then it isn't noted for certain. */
	async append(app: string, entry: Omit<AuditEntry, "at">): Promise<void> {
		const { topic, storage, clock } = this.ports;
		const scope = scopeOf(topic, app);
		const now = clock();
		const { actor, subject } = entry;
		const record: AuditRecord = {
			...entry,
			day: keyIn(scope, dayOf(now)),
			place: placeAt(now, newId()),
			by: actor.id && keyIn(scope, actor.id),
			about: subject.id && keyIn(scope, subject.id),
			expires: Math.floor((now + this.keptMs) / 1000),
		};
		await storage.put(auditEntries, record, "absent");
	}

	/** The same, of what has happened already: that it couldn't be noted is told to the monitor. */
	async note(app: string, entry: Omit<AuditEntry, "at">): Promise<void> {
		try {
			await this.append(app, entry);
		} catch (error) {
			const { action, outcome, requestId } = entry;
			this.ports.monitor.error("audit entry not written", error, { app, action, outcome, requestId });
		}
	}

	/** The newest first. A page may be shorter than its limit. Throws `invalid_query` for a malformed cursor. */
	list(app: string, { actor, subject, ...part }: AuditQuery = {}): Promise<Listing<AuditEntry>> {
		const { limit, cursor } = parseInput(listPart(), part);
		if (subject !== undefined) return this.indexed("bySubject", app, subject, { limit, cursor, actor });
		if (actor !== undefined) return this.indexed("byActor", app, actor, { limit, cursor });
		return this.byDay(app, limit, cursor === undefined ? undefined : placeOf(cursor));
	}

	private async indexed(
		index: "byActor" | "bySubject",
		app: string,
		id: string,
		{ actor, ...part }: { readonly limit: number; readonly cursor?: string; readonly actor?: string },
	): Promise<Listing<AuditEntry>> {
		const hash = keyIn(scopeOf(this.ports.topic, app), id);
		const page = await this.ports.storage.query(auditEntries, { index, hash, order: "desc", ...part });
		const entries = page.records.map(entryOf);
		return {
			items: actor === undefined ? entries : entries.filter((each) => each.actor.id === actor),
			nextCursor: page.cursor,
		};
	}

	private async byDay(app: string, limit: number, from: string | undefined): Promise<Listing<AuditEntry>> {
		const now = this.ports.clock();
		const oldest = dayOf(now - this.keptMs);
		let before = from;
		let day = from === undefined ? dayOf(now) : dayIn(from);
		const items: AuditEntry[] = [];
		for (let looked = 0; looked < DAYS_A_PAGE && day >= oldest; looked++) {
			for (const record of await this.ofDay(app, day, limit - items.length, before)) {
				items.push(entryOf(record));
				before = record.place;
			}
			if (before !== undefined && items.length === limit) return { items, nextCursor: cursorOf(before) };
			day = dayOf(Date.parse(day) - DAY_MS);
			before = endOf(day);
		}
		return { items, nextCursor: day >= oldest ? cursorOf(endOf(day)) : undefined };
	}

	private async ofDay(app: string, day: string, limit: number, before?: string): Promise<readonly AuditRecord[]> {
		const hash = keyIn(scopeOf(this.ports.topic, app), day);
		const range = before === undefined ? undefined : { before };
		const records: AuditRecord[] = [];
		let cursor: string | undefined;
		do {
			const query = { hash, range, order: "desc", limit: limit - records.length, cursor } as const;
			const page = await this.ports.storage.query(auditEntries, query);
			records.push(...page.records);
			cursor = page.cursor;
		} while (cursor !== undefined && records.length < limit);
		return records;
	}

	private get keptMs(): number {
		return (this.ports.auditDays ?? KEPT_DAYS) * DAY_MS;
	}
}

function dayOf(ms: number): string {
	return new Date(ms).toISOString().slice(0, 10);
}

/** After everything of a day. */
function endOf(day: string): string {
	return `${day}T23:59:59.999Z/~`;
}

function dayIn(place: string): string {
	const day = place.slice(0, 10);
	if (Number.isNaN(Date.parse(day))) throw new RouterError("invalid_query", "The cursor is malformed.");
	return day;
}
