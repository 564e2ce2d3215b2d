import type { DeskSubscriber } from "../../../connectors/Desk.js";
import type { Signal } from "../../../protocol/Dialect.js";
import type { StaffActor } from "../../access/Actor.js";
import { authorise } from "../../access/authorise.js";
import { accountOf } from "../../agents/account.js";
import { type Belonging, belongingOf } from "../../conversations/belonging.js";
import type { ConversationChange } from "../../conversations/changes.js";
import type { CrmDesk, CrmDeskPorts, OpenDesk } from "../CrmDesk.js";
import { type Found, foundOf } from "../found.js";
import { sees } from "../sees.js";
import { summaryOf } from "../summary.js";
import { ChangeLog } from "./ChangeLog.js";
import type { SubscriptionRecord } from "./records.js";
import { Subscriptions } from "./Subscriptions.js";

export interface SharedDeskPorts
	extends Pick<CrmDeskPorts, "topic" | "storage" | "clock" | "actorOf" | "announce" | "reach" | "gone"> {}

/** For how long it's taken for granted that an app has subscribers, in milliseconds; each is kept for longer. */
const IN_USE_MS = 10 * 60_000;

/**
 * The desk's feed where no process has all connections, nor makes all changes: who has subscribed, and what changed in the
 * last hour, is kept in the storage. Whoever learns of changes, in whichever order, calls `changed`.
 *
 * Nothing that is missing is taken for whole: a change is written down before it's read who is told of it, and who
 * subscribes is written down before it's read what changed. So who comes back finds it in one or the other, or in both;
 * by its version a client knows what it has.
 */
export class SharedDesk implements CrmDesk {
	private readonly subscriptions: Subscriptions;
	private readonly log: ChangeLog;
	/** By app: when it was last seen to have subscribers. */
	private readonly inUse = new Map<string, number>();

	constructor(private readonly ports: SharedDeskPorts) {
		this.subscriptions = new Subscriptions(ports);
		this.log = new ChangeLog(ports);
	}

	async subscribe(subscriber: DeskSubscriber, since?: string): Promise<void> {
		const { connection, app } = subscriber;
		const actor = await this.ports.actorOf(subscriber);
		authorise(actor, "socket.subscribe", { kind: "app", app });
		const { cursor } = this.log;
		await this.subscriptions.begin(connection, actor);
		const missed = since === undefined ? undefined : await this.log.since(app, actor.agentId, since);
		for await (const found of foundOf(this.ports, app, [...(missed?.keys() ?? [])])) {
			const signal = signalFor(actor, found, missed?.get(found.id) ?? [], cursor);
			if (signal) await this.post([connection], signal);
		}
		await this.post([connection], { type: "subscribed", recovered: missed !== undefined, cursor });
	}

	unsubscribe({ app, connection }: Pick<DeskSubscriber, "app" | "connection">): Promise<void> {
		return this.subscriptions.end(app, connection);
	}

	/**
	 * Tells of conversations that have changed: resolves when everybody has been told who may see them. If it fails, the same
	 * changes are to be given again.
	 */
	async changed(changes: readonly Pick<ConversationChange, "app" | "id" | "before">[]): Promise<void> {
		const byApp = new Map<string, Map<string, Belonging[]>>();
		for (const { app, id, before } of changes) {
			const ofApp = byApp.get(app) ?? new Map<string, Belonging[]>();
			byApp.set(app, ofApp.set(id, [...(ofApp.get(id) ?? []), ...(before ? [before] : [])]));
		}
		await Promise.all([...byApp].map(([app, was]) => this.tell(app, was)));
	}

	async reconsider(app: string, agentId: string): Promise<void> {
		const theirs = (await this.subscriptions.of(app)).filter((each) => each.agentId === agentId);
		if (theirs.length === 0) return;
		const cursor = await this.log.noteAnew(app, agentId);
		const open = await this.open(app, theirs);
		for (const { connection, role } of open) {
			const at = { connection, app, account: accountOf(agentId), isAdmin: role === "admin" };
			await this.subscriptions.begin(connection, await this.ports.actorOf(at));
		}
		const connections = open.map(({ connection }) => connection);
		await this.toldOrGone(app, this.post(connections, { type: "subscribed", recovered: false, cursor }));
	}

	/** Nothing goes on that nobody waits for. */
	async close(): Promise<void> {}

	private async tell(app: string, was: ReadonlyMap<string, readonly Belonging[]>): Promise<void> {
		if (!(await this.isInUse(app))) return;
		const cursor = await this.log.note(app, was);
		const open = await this.open(app, await this.subscriptions.of(app));
		if (open.length === 0) return;
		const told: Promise<string[]>[] = [];
		for await (const found of foundOf(this.ports, app, [...was.keys()])) {
			const tell = (event: "changed" | "removed") => {
				const those = open.filter(({ actor }) => eventFor(actor, found, was.get(found.id) ?? []) === event);
				if (those.length === 0) return;
				const connections = those.map(({ connection }) => connection);
				told.push(this.post(connections, signalOf(event, found, cursor)));
			};
			tell("changed");
			tell("removed");
		}
		await this.toldOrGone(app, ...told);
	}

	private async isInUse(app: string): Promise<boolean> {
		const now = this.ports.clock();
		if ((this.inUse.get(app) ?? 0) > now - IN_USE_MS) return true;
		if ((await this.subscriptions.of(app)).length === 0) return false;
		this.inUse.set(app, now);
		return true;
	}

	/** Those that can be told; of others the subscription ends. */
	private async open(app: string, all: readonly SubscriptionRecord[]) {
		const on = all.filter(({ endedAt }) => endedAt === undefined);
		const here = new Set(await this.ports.reach(on.map(({ connection }) => connection)));
		const lost = on.filter(({ connection }) => !here.has(connection));
		await Promise.all(lost.map(({ connection }) => this.subscriptions.end(app, connection)));
		return on.flatMap(({ connection, agentId, role, departments }) =>
			here.has(connection) ? { connection, role, actor: { role, app, agentId, departments } } : [],
		);
	}

	/** Answers which connections are gone. */
	private async post(connections: readonly string[], signal: Signal): Promise<string[]> {
		const there = await Promise.all(this.ports.announce(connections, signal));
		return connections.filter((_, i) => !there[i]);
	}

	private async toldOrGone(app: string, ...told: readonly Promise<readonly string[]>[]): Promise<void> {
		const gone = new Set((await Promise.all(told)).flat());
		for (const connection of gone) {
			await this.subscriptions.end(app, connection);
			await this.ports.gone(connection);
		}
	}
}

/** The desk of Lambdas: see `SharedDesk`. */
export const sharedDesk: OpenDesk = (ports) => new SharedDesk(ports);

/** What a conversation's change is for somebody; undefined for one that was never theirs to see. */
function eventFor(actor: StaffActor, { record }: Found, was: readonly Belonging[]): "changed" | "removed" | undefined {
	if (record && sees(belongingOf(record))(actor)) return "changed";
	return was.some((each) => sees(each)(actor)) ? "removed" : undefined;
}

function signalFor(actor: StaffActor, found: Found, was: readonly Belonging[], cursor: string): Signal | undefined {
	const event = eventFor(actor, found, was);
	return event && signalOf(event, found, cursor);
}

function signalOf(event: "changed" | "removed", { id, record, activity }: Found, cursor: string): Signal {
	const conversation = event === "changed" && record ? summaryOf(record, activity, []) : undefined;
	return { type: "conversation", conversationId: id, event, conversation, cursor };
}
