import type { Belonging } from "../conversations/belonging.js";

/** Of how many conversations it's known when they changed. */
const KEPT = 10_000;
/** How many times it's known that a conversation went to others. */
const MOVES_KEPT = 8;

/** A conversation that has changed, and as what. */
export interface Recent {
	/** The change's number; rises with every change of any conversation. */
	at: number;
	/** What was told of it last. */
	version: number;
	/** Whose it is, as far as is known. */
	belonging?: Belonging;
	/** Whose it was, until which change. */
	readonly moves: { readonly from: Belonging; readonly until: number }[];
	/** Whose it was until then isn't known any more. */
	forgotten: number;
}

/** A conversation that changed while somebody was away. */
export interface Missed {
	readonly id: string;
	readonly recent: Recent;
	/** Whose it was meanwhile. */
	readonly was: readonly Belonging[];
}

/** When an app's conversations changed, in this process: what somebody missed who was away for a while. */
export class RecentChanges {
	/** The one that changed longest ago first. */
	private readonly recent = new Map<string, Recent>();
	private newest = 0;
	/** What changed up to here may be forgotten. */
	private forgotten = 0;

	/** `epoch`: makes cursors of this run unlike those of any other. */
	constructor(
		private readonly epoch: string,
		private readonly kept = KEPT,
	) {}

	get cursor(): string {
		return this.cursorAt(this.newest);
	}

	cursorAt(change: number): string {
		return `${this.epoch}.${change}`;
	}

	of(id: string): Recent | undefined {
		return this.recent.get(id);
	}

	/** Notes a change; `from`: whose it was before. */
	changed(id: string, from: readonly Belonging[] = []): Recent {
		const known = this.recent.get(id);
		const at = ++this.newest;
		const recent = known ?? { at, version: 0, moves: [], forgotten: 0 };
		recent.at = at;
		for (const each of from) recent.moves.push({ from: each, until: at });
		while (recent.moves.length > MOVES_KEPT) recent.forgotten = recent.moves.shift()?.until ?? 0;
		this.recent.delete(id);
		this.recent.set(id, recent);
		this.forgetOldest();
		return recent;
	}

	/** The conversations that changed after a cursor, the oldest change first; undefined if that isn't known whole. */
	since(cursor: string): Missed[] | undefined {
		const seen = this.numberOf(cursor);
		if (seen === undefined) return undefined;
		const found = [];
		for (const [id, recent] of this.recent) {
			if (recent.at <= seen) continue;
			if (recent.forgotten > seen) return undefined;
			found.push({ id, recent, was: recent.moves.flatMap(({ from, until }) => (until > seen ? from : [])) });
		}
		return found;
	}

	private numberOf(cursor: string): number | undefined {
		const dot = cursor.lastIndexOf(".");
		const change = cursor.slice(dot + 1);
		if (cursor.slice(0, dot) !== this.epoch || !/^\d{1,15}$/.test(change)) return undefined;
		const seen = Number(change);
		return seen < this.forgotten || seen > this.newest ? undefined : seen;
	}

	private forgetOldest(): void {
		const [oldest] = this.recent.size > this.kept ? this.recent : [];
		if (!oldest) return;
		this.recent.delete(oldest[0]);
		this.forgotten = oldest[1].at;
	}
}
