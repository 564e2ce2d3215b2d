import { partsOf, sessionKey } from "../../delivery/identity.js";
import type { Plugin } from "../../delivery/Plugins.js";
import { entries, type Head, sessions } from "../../delivery/records.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import type { Entry } from "../../protocol/envelope.js";
import { asRouterError, ConditionFailed } from "../../protocol/errors.js";
import type { Person } from "../customers/Registration.js";
import { Batches } from "../gathering/Batches.js";
import { RecentlyErased } from "../gathering/RecentlyErased.js";
import { placeAt } from "../lists/Listing.js";
import { decided } from "../records/decided.js";
import { emailAddress } from "../records/input.js";
import { type ActivityRecord, conversationActivity, countAll, isMessage, noActivity } from "./activity.js";
import type { Barring } from "./Barring.js";
import { type ConversationPorts, ConversationStore } from "./ConversationStore.js";
import type { Changed } from "./change.js";
import { followed } from "./following.js";
import { Opening } from "./Opening.js";
import { type ConversationRecord, conversations, PLACE_MS } from "./records.js";

export interface ProjectionPorts extends ConversationPorts {
	readonly monitor: Monitor;
	/** How long what is said in a conversation is gathered after a write of it, in milliseconds. Default: 5,000. */
	readonly gatherMs?: number;
	/** Whether an entry can't wait to be gathered with others. Default: all can. */
	readonly presses?: (entry: Entry) => boolean;
	/** Is told of sessions that have become conversations of customers who are blocked. */
	readonly barring?: Pick<Barring, "due" | "follow">;
	/** Called after a conversation was brought to these entries, each at least once; a failure that may pass has them come again. */
	readonly followed?: (app: string, id: string, entries: readonly Entry[]) => Promise<void>;
}

/**
 * Keeps conversations up to date with what is said in their sessions: counts, unread messages, their place in the lists,
 * closing and reopening. A session that has no conversation gets one when its visitor, or an agent, first says something.
 * What was counted is remembered by number, and what's missing is read from the log: entries may come again, or not at all.
 */
export class ConversationProjection implements Plugin {
	readonly name = "crm-conversations";
	private readonly store: ConversationStore;
	private readonly opening: Opening;
	private readonly batches: Batches<Entry>;
	private readonly erased = new RecentlyErased();

	constructor(private readonly ports: ProjectionPorts) {
		this.store = new ConversationStore(ports);
		const { barring } = ports;
		this.opening = new Opening({ ...ports, due: barring && ((app, customerId) => barring.due(app, customerId)) });
		this.batches = new Batches((key, batch) => this.work(key, batch), ports.gatherMs ?? 5_000);
	}

	async onEntries(entries: readonly Entry[]): Promise<void> {
		const { presses, onChange } = this.ports;
		const given = entries.map(withoutRequest);
		this.batches.add(given.map((entry) => [entry.session, entry, presses?.(entry)] as const));
		for (const entry of onChange ? given : []) {
			const { app, sessionId: id } = partsOf(entry.session);
			onChange?.({ app, id, entry });
		}
	}

	/** How its last message begins is forgotten, also where that's about to be written. */
	async onErased(session: string, seq: number): Promise<void> {
		const { app, sessionId: id } = partsOf(session);
		this.erased.note(session, seq);
		await this.forgetPreview(session);
		this.ports.onChange?.({ app, id, erased: true });
	}

	private async forgetPreview(session: string): Promise<void> {
		const change = { add: [["rev", 1]], remove: ["preview"] } as const;
		const isThere = [{ path: "preview", exists: true }] as const;
		try {
			await this.ports.storage.update(conversationActivity, [session], change, isThere);
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}

	settled(closing: AbortSignal): Promise<void> {
		return this.batches.settled(closing);
	}

	private async work(session: string, batch: readonly Entry[]): Promise<void> {
		const { app, sessionId } = partsOf(session);
		try {
			await this.follow(session, newestOf(batch), batch);
			await this.ports.followed?.(app, sessionId, batch);
		} catch (error) {
			// What would fail for ever, as where its app isn't served any more, mustn't have everything come again for ever.
			if (asRouterError(error).retryable) throw error;
			this.ports.monitor.error("conversation not followed", error, { app });
		}
	}

	/** Brings a conversation that's there to entry `to` of its log at once: for who has just done something in it. */
	upTo(app: string, id: string, to: number): Promise<void> {
		return this.follow(sessionKey(this.ports.topic, app, id), to, []);
	}

	/** Brings a conversation to entry `to`; `batch` is what is at hand of the entries until then. */
	private follow(session: string, to: number, batch: readonly Entry[]): Promise<void> {
		const { storage } = this.ports;
		return decided(async () => {
			const [record, known] = await Promise.all([
				storage.get(conversations, [session]),
				storage.get(conversationActivity, [session]),
			]);
			if (to <= (known?.counted ?? 0)) return;
			const activity: ActivityRecord = known
				? { ...known, messages: { ...known.messages } }
				: { conversation: session, rev: 0, ...noActivity() };
			const found = record ?? (await this.opened(session, batch));
			// Nobody has said anything yet, or all of it was erased.
			if (!found) return;
			const changes: Changed = {};
			let now = found;
			for await (const page of this.uncounted(session, activity.counted, to, batch)) {
				countAll(activity, page);
				for (const entry of page) {
					const change = followed(now, entry);
					if (!change) continue;
					Object.assign(changes, change);
					now = { ...now, ...change };
				}
			}
			const moved = { ...changes, ...moveOf(found, activity.lastMessageAt) };
			// First: should this process die now, the entries come again, and change nothing that was changed.
			if (Object.keys(moved).length > 0) await this.store.apply(found, { ...moved, followedSeq: to });
			activity.rev++;
			await storage.put(conversationActivity, activity, known ? [{ path: "rev", eq: known.rev }] : "absent");
			if (activity.preview && this.erased.has(session, activity.preview.seq)) await this.forgetPreview(session);
			const { app, sessionId: id } = partsOf(session);
			this.ports.onChange?.({ app, id });
		});
	}

	/** The entries after `counted`, page by page: those that were given, where none is missing; else from the log. */
	private async *uncounted(session: string, counted: number, to: number, batch: readonly Entry[]) {
		const fresh = batch.filter(({ seq }, i) => seq > counted && seq !== batch[i - 1]?.seq);
		if (fresh.length > 0 && fresh.every(({ seq }, i) => seq === counted + 1 + i)) {
			yield fresh;
			return;
		}
		let cursor: string | undefined;
		do {
			const range = { between: [counted + 1, to] } as const;
			const page = await this.ports.storage.query(entries, { hash: session, range, cursor });
			yield page.records;
			cursor = page.cursor;
		} while (cursor !== undefined);
	}

	/** A conversation for a session that was opened without one; undefined as long as only bots speak. */
	private async opened(session: string, batch: readonly Entry[]): Promise<ConversationRecord | undefined> {
		const said = batch.filter((entry) => entry.from.role !== "answerer" && isMessage(entry));
		if (said.length === 0) return undefined;
		const head = await this.ports.storage.get(sessions, [session]);
		// What was erased since it was given isn't to be told of again.
		if (!head || said.every(({ seq }) => seq <= (head.erased ?? 0))) return undefined;
		const { app, sessionId: id } = partsOf(session);
		const { openedAt, timeMs: lastMessageAt } = head;
		const about = { id, priority: "low", channel: "web", openedAt, lastMessageAt, hasBegun: true } as const;
		const { customer } = await this.opening.open(app, visitorOf(head), about);
		if (customer.status === "blocked") await this.ports.barring?.follow(app, customer.id, id);
		return this.store.record(app, id);
	}
}

/** What is kept for seconds is kept small: what a bot was asked, and answered, is the most of a message. */
function withoutRequest(entry: Entry): Entry {
	const { content } = entry;
	if (content.type !== "message") return entry;
	const { session, seq, prev, messageId, timeMs, from, audience } = entry;
	const { type, text, attachments, format } = content;
	return { session, seq, prev, messageId, timeMs, from, audience, content: { type, text, attachments, format } };
}

function newestOf(batch: readonly Entry[]): number {
	return Math.max(...batch.map(({ seq }) => seq));
}

/** An address that somebody only says to have files their conversation under it; it opens them no other one. */
function visitorOf({ owner, participants }: Head): Person {
	const { name, email, avatar, ref = owner } = participants[owner] ?? {};
	const address = emailAddress().safeParse(email);
	return address.success ? { email: address.data, name, avatar } : { ref, name, avatar };
}

/** Moves a conversation in the lists, when its place has become too old. */
function moveOf({ id, place }: ConversationRecord, lastMessageAt: number | undefined): Changed {
	if (lastMessageAt === undefined || lastMessageAt - Date.parse(place.slice(0, 24)) < PLACE_MS) return {};
	return { place: placeAt(lastMessageAt, id) };
}
