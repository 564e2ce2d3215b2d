import { partsOf } from "../../delivery/identity.js";
import type { Plugin } from "../../delivery/Plugins.js";
import type { Entry } from "../../protocol/envelope.js";
import type { IndexedText, TextIndex } from "../../storage/TextIndex.js";
import { scopeOf } from "../agents/records.js";
import { Batches } from "../gathering/Batches.js";
import { RecentlyErased } from "../gathering/RecentlyErased.js";

/**
 * How long what is said is gathered after the index was written, in milliseconds: FTS5 puts what a transaction adds into
 * a list of its own and merges lists later, so that few texts at a time cost several times as much.
 */
const GATHER_MS = 1_000;
/** How many texts are added at once: messages wait for that. */
const AT_ONCE = 1_000;

interface Said {
	readonly session: string;
	readonly seq: number;
	readonly timeMs: number;
	readonly text: string;
}

/** Puts what people and bots say, and staff's notes, into the index, soon after they were said. */
export class MessageIndexing implements Plugin {
	readonly name = "crm-search";
	private readonly batches: Batches<Said>;
	private readonly erased = new RecentlyErased();
	private adding: Promise<void> = Promise.resolve();

	/** `gatherMs`: see `GATHER_MS`, which is the default. */
	constructor(
		private readonly index: TextIndex,
		gatherMs = GATHER_MS,
	) {
		this.batches = new Batches((_, said) => this.add(said), gatherMs);
	}

	async onEntries(entries: readonly Entry[]): Promise<void> {
		const said = entries.flatMap((entry) => toFind(entry) ?? []);
		this.batches.add(said.map((one) => ["", one] as const));
	}

	settled(closing: AbortSignal): Promise<void> {
		return this.batches.settled(closing);
	}

	async onErased(session: string, seq: number): Promise<void> {
		this.erased.note(session, seq);
		// What is being added just now is removed after it; a failure of that is told to who had it added.
		await this.adding.catch(() => undefined);
		await this.index.remove(session);
	}

	private async add(said: readonly Said[]): Promise<void> {
		for (let from = 0; from < said.length; from += AT_ONCE) {
			const part = said.slice(from, from + AT_ONCE).filter(({ session, seq }) => !this.erased.has(session, seq));
			if (part.length === 0) continue;
			this.adding = this.index.add(part.map(indexed));
			await this.adding;
		}
	}
}

/** What's kept of an entry until it's written. */
function toFind({ session, seq, timeMs, audience, content }: Entry): Said | undefined {
	if (content.type !== "message" || audience === "answerers") return undefined;
	return { session, seq, timeMs, text: content.text };
}

function indexed({ session, seq, timeMs, text }: Said): IndexedText {
	const { topic, app } = partsOf(session);
	return { scope: scopeOf(topic, app), group: session, number: seq, timeMs, text };
}
