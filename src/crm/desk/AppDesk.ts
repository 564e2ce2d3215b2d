import type { DeskSubscriber } from "../../connectors/Desk.js";
import type { Signal } from "../../protocol/Dialect.js";
import type { Entry } from "../../protocol/envelope.js";
import type { StaffActor } from "../access/Actor.js";
import { authorise } from "../access/authorise.js";
import { accountOf } from "../agents/account.js";
import type { ActivityRecord } from "../conversations/activity.js";
import { type Belonging, belongingOf } from "../conversations/belonging.js";
import { type ConversationChange, isElsewhere } from "../conversations/changes.js";
import type { ConversationRecord } from "../conversations/records.js";
import type { DeskFeedPorts } from "./DeskFeed.js";
import { type Found, foundOf } from "./found.js";
import { type Missed, RecentChanges } from "./RecentChanges.js";
import { Subscribers } from "./Subscribers.js";
import { sees } from "./sees.js";
import { summaryOf } from "./summary.js";

/** How many changed conversations are told to who comes back; beyond them a list read anew is cheaper. */
const CATCH_UP = 500;

/** What of a conversation hasn't been told yet. */
interface Untold {
	/** What was said in it and wasn't counted when it was read last, in its order. */
	entries: Entry[];
	was: Belonging[];
	isErased: boolean;
}

/** One app's part of the feed. `tell`, `open` and `reconsider` are called one after the other. */
export class AppDesk {
	private readonly recent: RecentChanges;
	private readonly untold = new Map<string, Untold>();
	private readonly subscribers: Subscribers;

	constructor(
		private readonly app: string,
		epoch: string,
		private readonly ports: Pick<DeskFeedPorts, "topic" | "storage" | "announce">,
	) {
		this.recent = new RecentChanges(epoch);
		this.subscribers = new Subscribers(ports.announce, () => this.recent.cursor);
	}

	note({ id, before, entry, erased }: ConversationChange): void {
		const untold = this.untold.get(id) ?? { entries: [], was: [], isErased: false };
		this.untold.set(id, untold);
		if (before) untold.was.push(before);
		if (entry && entry.seq > (untold.entries.at(-1)?.seq ?? 0)) untold.entries.push(entry);
		if (!erased) return;
		untold.entries = [];
		untold.isErased = true;
	}

	/** Tells of conversations that have changed. */
	async tell(ids: readonly string[]): Promise<void> {
		if (this.subscribers.isEmpty) {
			for (const id of ids) {
				const { was = [] } = this.untold.get(id) ?? {};
				this.untold.delete(id);
				delete this.recent.changed(id, was).belonging;
			}
			return;
		}
		for await (const found of this.read(ids)) this.tellOne(found);
	}

	/** Begins a subscription. Throws `forbidden`. */
	async open({ connection }: DeskSubscriber, actor: StaffActor, since: string | undefined): Promise<void> {
		authorise(actor, "socket.subscribe", { kind: "app", app: this.app });
		const missed = since === undefined ? undefined : this.recent.since(since)?.filter(mayConcern(actor));
		const recovered = missed !== undefined && missed.length <= CATCH_UP;
		const subscriber = this.subscribers.add(connection, actor);
		if (recovered) {
			const byId = new Map(missed.map((each) => [each.id, each]));
			for await (const { id, record, activity } of this.read([...byId.keys()])) {
				const each = byId.get(id);
				if (each) this.subscribers.push([subscriber], this.signalFor(actor, each, record, activity));
			}
		}
		this.subscribers.push([subscriber], { type: "subscribed", recovered, cursor: this.recent.cursor });
	}

	close(connection: string): void {
		this.subscribers.remove(connection);
	}

	/** The agent's lists are other ones from now on. */
	async reconsider(agentId: string, actorOf: DeskFeedPorts["actorOf"]): Promise<void> {
		await this.subscribers.reconsider(agentId, ({ connection, actor }) =>
			actorOf({ connection, app: this.app, account: accountOf(agentId), isAdmin: actor.role === "admin" }),
		);
	}

	private tellOne({ id, record, activity }: Found): void {
		const { was = [], isErased = false } = this.untold.get(id) ?? {};
		const known = this.recent.of(id);
		const earlier = known?.belonging ? [...was, known.belonging] : was;
		const belonging = record && belongingOf(record);
		const gone = earlier.filter((each) => !belonging || isElsewhere(each, belonging));
		const conversation = record && this.summarised(id, record, activity);
		if (!conversation) {
			this.untold.delete(id);
			// It isn't there yet, and will be told of.
			if (earlier.length === 0) return;
		} else if (known?.version === conversation.version && gone.length === 0 && !isErased) return;
		const recent = this.recent.changed(id, gone);
		recent.version = conversation?.version ?? 0;
		recent.belonging = belonging;
		const cursor = this.recent.cursorAt(recent.at);
		if (belonging) {
			const signal = { type: "conversation", conversationId: id, event: "changed", conversation, cursor } as const;
			this.subscribers.push(this.subscribers.which(sees(belonging)), signal);
		}
		this.tellRemoved(id, cursor, gone, belonging);
	}

	/** Those who could see it, and can't now. */
	private tellRemoved(id: string, cursor: string, was: readonly Belonging[], now: Belonging | undefined): void {
		const have = (actor: StaffActor) => was.some((each) => sees(each)(actor)) && !(now && sees(now)(actor));
		const signal = {
			type: "conversation",
			conversationId: id,
			event: "removed",
			cursor,
		} as const;
		if (was.length > 0) this.subscribers.push(this.subscribers.which(have), signal);
	}

	/** What somebody is told who missed the changes of a conversation; undefined for one that was never theirs to see. */
	private signalFor(
		actor: StaffActor,
		{ id, recent, was }: Missed,
		record: ConversationRecord | undefined,
		activity: ActivityRecord | undefined,
	): Signal | undefined {
		const cursor = this.recent.cursorAt(recent.at);
		if (record && sees(belongingOf(record))(actor)) {
			const conversation = this.summarised(id, record, activity, false);
			return { type: "conversation", conversationId: id, event: "changed", conversation, cursor };
		}
		if (!was.some((each) => sees(each)(actor))) return undefined;
		return { type: "conversation", conversationId: id, event: "removed", cursor };
	}

	/** With what was said since it was counted; of that, what is counted by now is forgotten. */
	private summarised(id: string, record: ConversationRecord, activity: ActivityRecord | undefined, isTold = true) {
		const untold = this.untold.get(id);
		const entries = untold?.entries.filter(({ seq }) => seq > (activity?.counted ?? 0)) ?? [];
		if (isTold && entries.length === 0) this.untold.delete(id);
		else if (isTold) this.untold.set(id, { entries, was: [], isErased: false });
		return summaryOf(record, activity, entries);
	}

	private read(ids: readonly string[]): AsyncGenerator<Found> {
		return foundOf(this.ports, this.app, ids);
	}
}

/** Whether somebody who comes back may have to be told of it. */
function mayConcern(actor: StaffActor): (missed: Missed) => boolean {
	return ({ recent: { belonging }, was }) =>
		belonging === undefined || sees(belonging)(actor) || was.some((each) => sees(each)(actor));
}
