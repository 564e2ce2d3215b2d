import { newId } from "../../../delivery/identity.js";
import { scopeOf } from "../../agents/records.js";
import type { Belonging } from "../../conversations/belonging.js";
import { type ChangesRecord, deskChanges, KNOWN_MS } from "./records.js";
import type { SubscriptionsPorts } from "./Subscriptions.js";

/**
 * How far back of a cursor is read, in milliseconds: processes' clocks differ, and what one writes down may be there after
 * what another one did later.
 */
const OVERLAP_MS = 30_000;
/** How many changed conversations are told to who comes back; beyond them a list read anew is cheaper. */
const CATCH_UP = 100;
const PAGES = 10;

/** When an app's conversations changed: what somebody missed who was away, whoever changed it. */
export class ChangeLog {
	constructor(private readonly ports: SubscriptionsPorts) {}

	/** Where the feed is now. */
	get cursor(): string {
		return place(this.ports.clock());
	}

	/** Writes down that these changed, by id with whose they were; answers where the feed is with it. */
	async note(app: string, was: ReadonlyMap<string, readonly Belonging[]>): Promise<string> {
		const changed = [...was].map(([id, belongings]) => {
			const before = belongings.map(({ assignedAgentId, department }) => ({ assignedAgentId, department }));
			return [id, before] as const;
		});
		return this.put(app, { changed: Object.fromEntries(changed) });
	}

	/** Writes down that an agent's lists are other ones. */
	noteAnew(app: string, agentId: string): Promise<string> {
		return this.put(app, { changed: {}, anew: agentId });
	}

	/** What changed after a cursor, by id with whose it was; undefined where that isn't known whole, or is too much. */
	async since(app: string, agentId: string, cursor: string): Promise<Map<string, Belonging[]> | undefined> {
		const { storage, clock } = this.ports;
		const seen = /^\d{15}$/.test(cursor) ? Number(cursor) : Number.NaN;
		if (!(seen >= clock() - KNOWN_MS && seen <= clock() + OVERLAP_MS)) return undefined;
		const missed = new Map<string, Belonging[]>();
		const query = { hash: this.deskOf(app), range: { after: place(seen - OVERLAP_MS) }, limit: 100 } as const;
		let next: string | undefined;
		for (let pages = 0; pages < PAGES; pages++) {
			const page = await storage.query(deskChanges, { ...query, cursor: next });
			for (const { changed, anew } of page.records) {
				if (anew === agentId) return undefined;
				for (const [id, before] of Object.entries(changed)) {
					const was = before.map((each) => ({ kind: "conversation", app, id, customerId: "", ...each }) as const);
					missed.set(id, [...(missed.get(id) ?? []), ...was]);
				}
			}
			if (missed.size > CATCH_UP) return undefined;
			if (page.cursor === undefined) return missed;
			next = page.cursor;
		}
		return undefined;
	}

	private async put(app: string, what: Pick<ChangesRecord, "changed" | "anew">): Promise<string> {
		const { storage, clock } = this.ports;
		const now = clock();
		const expires = Math.ceil((now + KNOWN_MS + OVERLAP_MS) / 1000);
		await storage.put(deskChanges, { desk: this.deskOf(app), at: `${place(now)}/${newId()}`, ...what, expires });
		return place(now);
	}

	private deskOf(app: string): string {
		return scopeOf(this.ports.topic, app);
	}
}

function place(ms: number): string {
	return String(ms).padStart(15, "0");
}
