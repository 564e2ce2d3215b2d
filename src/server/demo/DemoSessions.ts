import { setTimeout as pause } from "node:timers/promises";
import { partsOf } from "../../delivery/identity.js";
import type { Plugin } from "../../delivery/Plugins.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Entry, Role } from "../../protocol/envelope.js";
import { defineCollection, type Storage } from "../../storage/Storage.js";

type Newest = Pick<DemoSession, "lastAt" | "said">;

interface RecentSession {
	/** The session's key. */
	key: string;
	app: string;
	/** When something came into its log last, in epoch milliseconds. */
	lastAt: number;
	expires: number;
}

/** Which sessions the agents' page lists: a projection of the feed, which may be deleted and is made again. */
export const demoSessions = defineCollection<RecentSession>({
	name: "demoSessions",
	key: { hash: "key" },
	indexes: { recent: { hash: "app", range: { field: "lastAt", type: "number" } } },
	expires: "expires",
});

/** What the agents' page shows of a session. */
export interface DemoSession {
	readonly session: string;
	/** When anything came into its log last, in epoch milliseconds. */
	readonly lastAt: number;
	readonly visitor?: string;
	/** The visitor's alias in the session. */
	readonly alias?: string;
	/** What was said last, shortened: by the visitor, or until they said anything, to them. */
	readonly said?: { readonly text: string; readonly by: Role };
	/** Who has the floor; `asked`: a person is asked for and hasn't come. */
	readonly answers: "asked" | "agent" | "bot" | "nobody";
}

/** How long it's gathered after it was kept, in milliseconds. */
const GATHER_MS = 1_000;
const KEPT_S = 7 * 24 * 60 * 60;
const LISTED = 50;
/** In how many of the newest entries words are looked for. */
const LOOKED_AT = 20;
const PREVIEW = 120;

/** The running sessions, also those in which nobody has said anything yet. What's in them is read from their logs. */
export class DemoSessions implements Plugin {
	readonly name = "demo-sessions";
	/** When something came into a session last, until that's kept. */
	private waiting = new Map<string, number>();
	/** By app and session. */
	private readonly known = new Map<string, { readonly seq: number; readonly newest: Newest }>();

	constructor(
		private readonly storage: Storage,
		private readonly office: Pick<PostOffice, "session" | "history">,
	) {}

	async onEntries(entries: readonly Entry[]): Promise<void> {
		for (const { session, timeMs } of entries) this.waiting.set(session, timeMs);
	}

	async settled(closing: AbortSignal): Promise<void> {
		const { waiting } = this;
		this.waiting = new Map();
		const kept = [...waiting].map(([key, lastAt]) => {
			const expires = Math.floor(lastAt / 1000) + KEPT_S;
			return this.storage.put(demoSessions, { key, app: partsOf(key).app, lastAt, expires });
		});
		await Promise.all(kept);
		// What comes meanwhile is kept after it.
		await pause(GATHER_MS, undefined, { signal: closing, ref: false }).catch((error: unknown) => {
			if (!closing.aborted) throw error;
		});
	}

	async onErased(session: string): Promise<void> {
		this.waiting.delete(session);
		this.known.clear();
		await this.storage.delete(demoSessions, [session]);
	}

	/** The sessions of an app, the one that something came into last first. */
	async newest(app: string): Promise<readonly DemoSession[]> {
		const query = { index: "recent", hash: app, order: "desc", limit: LISTED } as const;
		const { records } = await this.storage.query(demoSessions, query);
		const found = await Promise.all(records.map(({ key }) => this.get(app, partsOf(key).sessionId)));
		return found.flatMap((session) => session ?? []).sort((a, b) => b.lastAt - a.lastAt);
	}

	/** One session; undefined if there's none. */
	async get(app: string, id: string): Promise<DemoSession | undefined> {
		const session = await this.office.session(app, id);
		if (!session) return undefined;
		const { participants, floor, seq, handOff } = session;
		const visitor = participants.find(({ role }) => role === "visitor");
		const holder = participants.find((each) => each.id === floor.holder);
		return {
			session: id,
			...(await this.newestIn(app, id, seq)),
			visitor: visitor?.name,
			alias: visitor?.id,
			answers: holder?.role === "agent" ? "agent" : handOff ? "asked" : holder ? "bot" : "nobody",
		};
	}

	/** What was in the log up to `seq`: read once, however often pages ask. */
	private async newestIn(app: string, id: string, seq: number): Promise<Newest> {
		const key = `${app}/${id}`;
		const known = this.known.get(key);
		if (known?.seq === seq) return known.newest;
		const entries: Entry[] = [];
		for await (const page of this.office.history(app, id, Math.max(0, seq - LOOKED_AT))) entries.push(...page);
		const said = wordsIn(entries, (role) => role === "visitor") ?? wordsIn(entries, () => true);
		const newest = { lastAt: entries.at(-1)?.timeMs ?? 0, said };
		if (this.known.size >= 2 * LISTED) this.known.clear();
		this.known.set(key, { seq, newest });
		return newest;
	}
}

/** The last words of whoever is meant, that everybody may read. */
function wordsIn(entries: readonly Entry[], of: (role: Role) => boolean): DemoSession["said"] {
	for (const { from, content, audience } of entries.toReversed()) {
		if (content.type !== "message" || audience !== "everyone" || !content.text || !of(from.role)) continue;
		return { text: shortened(content.text), by: from.role };
	}
	return undefined;
}

function shortened(text: string): string {
	const line = text.replace(/\s+/g, " ").trim();
	return line.length > PREVIEW ? `${line.slice(0, PREVIEW).trimEnd()}…` : line;
}
