import { Batches } from "../../crm/gathering/Batches.js";
import { partsOf, sessionKey } from "../../delivery/identity.js";
import type { Plugin } from "../../delivery/Plugins.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import { sessions } from "../../delivery/records.js";
import type { Entry, Role } from "../../protocol/envelope.js";
import { ConditionFailed } from "../../protocol/errors.js";
import { defineCollection, type Json, type Path, type Storage } from "../../storage/Storage.js";

export interface DemoSession {
	/** The session's key. */
	key: string;
	app: string;
	session: string;
	/** The entry that this is the state after. */
	seq: number;
	/** Epoch milliseconds. */
	lastAt: number;
	visitor?: string;
	/** The visitor's alias in the session. */
	alias?: string;
	/** The visitor's last words, shortened. */
	words?: string;
	/** What was said to the visitor last, shortened, and by whom. */
	reply?: string;
	by?: Role;
	expires: number;
}

/** What the agents' page lists: a projection of the feed, which may be deleted and is made again. */
export const demoSessions = defineCollection<DemoSession>({
	name: "demoSessions",
	key: { hash: "key" },
	indexes: { recent: { hash: "app", range: { field: "lastAt", type: "number" } } },
	expires: "expires",
});

/** A session as it's listed. `answers`: who has the floor; `asked`: a person is asked for and hasn't come. */
export interface ListedSession extends DemoSession {
	readonly answers: "asked" | "agent" | "bot" | "nobody";
}

/** What's kept of an entry until it's written. */
interface Said {
	readonly seq: number;
	readonly timeMs: number;
	readonly shown: Partial<DemoSession>;
}

/** How long what is said in a session is gathered after its record was written, in milliseconds. */
const GATHER_MS = 1_000;
const KEPT_S = 7 * 24 * 60 * 60;
const PREVIEW = 120;
const LISTED = 50;

/** Keeps the list of running sessions. */
export class DemoSessions implements Plugin {
	readonly name = "demo-sessions";
	private readonly batches = new Batches<Said>((key, said) => this.follow(key, said), GATHER_MS);

	constructor(
		private readonly storage: Storage,
		private readonly office: Pick<PostOffice, "session" | "topic">,
	) {}

	async onEntries(entries: readonly Entry[]): Promise<void> {
		this.batches.add(entries.map((entry) => [entry.session, said(entry)] as const));
	}

	settled(closing: AbortSignal): Promise<void> {
		return this.batches.settled(closing);
	}

	async onErased(session: string): Promise<void> {
		await this.storage.delete(demoSessions, [session]);
	}

	/** The sessions of an app, the one that was talked in last first. */
	async newest(app: string): Promise<readonly ListedSession[]> {
		const query = { index: "recent", hash: app, order: "desc", limit: LISTED } as const;
		const { records } = await this.storage.query(demoSessions, query);
		return Promise.all(
			records.map(async (record) => ({ ...record, answers: await this.answersIn(app, record.session) })),
		);
	}

	/** One session; undefined if nothing has been said in it. */
	get(app: string, session: string): Promise<DemoSession | undefined> {
		return this.storage.get(demoSessions, [sessionKey(this.office.topic, app, session)]);
	}

	private async answersIn(app: string, id: string): Promise<ListedSession["answers"]> {
		const session = await this.office.session(app, id);
		const holder = session?.participants.find((each) => each.id === session.floor.holder);
		if (holder?.role === "agent") return "agent";
		if (session?.handOff) return "asked";
		return holder ? "bot" : "nobody";
	}

	private async follow(key: string, all: readonly Said[]): Promise<void> {
		const { app, sessionId: session } = partsOf(key);
		const change: Partial<DemoSession> = Object.assign({}, ...all.map(({ shown }) => shown));
		const seq = Math.max(...all.map((each) => each.seq));
		const lastAt = Math.max(...all.map(({ timeMs }) => timeMs));
		const { words, reply } = change;
		const fields = {
			...change,
			...(words && { words: shortened(words) }),
			...(reply && { reply: shortened(reply) }),
			app,
			session,
			seq,
			lastAt,
			expires: Math.floor(lastAt / 1000) + KEPT_S,
		};
		const set = Object.entries(fields) satisfies readonly (readonly [Path, Json])[];
		const first = Math.min(...all.map((each) => each.seq));
		try {
			await this.storage.transact([
				{ update: demoSessions, key: [key], change: { set }, if: [{ path: "seq", below: seq }] },
				{ check: sessions, key: [key], if: [{ path: "erased", below: first }] },
			]);
		} catch (error) {
			// The feed tells some things twice, and some was erased while it was gathered.
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}
}

function said(entry: Entry): Said {
	const { seq, timeMs } = entry;
	return { seq, timeMs, shown: shownOf(entry) };
}

function shownOf({ from, content, audience }: Entry): Partial<DemoSession> {
	const visitor = from.role === "visitor" ? { alias: from.id, ...(from.name && { visitor: from.name }) } : undefined;
	if (content.type !== "message" || audience !== "everyone" || !content.text) return { ...visitor };
	const { text } = content;
	return visitor ? { ...visitor, words: text } : { reply: text, by: from.role };
}

function shortened(text: string): string {
	const line = text.replace(/\s+/g, " ").trim();
	return line.length > PREVIEW ? `${line.slice(0, PREVIEW).trimEnd()}…` : line;
}
