import type { DeskSubscriber } from "../../connectors/Desk.js";
import { newId } from "../../delivery/identity.js";
import { Lanes } from "../../delivery/Lanes.js";
import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { ConversationChange } from "../conversations/changes.js";
import { AppDesk } from "./AppDesk.js";
import type { CrmDesk, CrmDeskPorts, OpenDesk } from "./CrmDesk.js";
import { Pace } from "./Pace.js";

export interface DeskFeedPorts extends Omit<CrmDeskPorts, "clock" | "reach" | "gone"> {
	/** How often an agent is told of one conversation, at most, in milliseconds. Default: 1,000. */
	readonly gapMs?: number;
}

/**
 * Tells agents who subscribe of the conversations that change, of those that they may see. Where somebody was away, it
 * knows what changed meanwhile as long as this process lives.
 */
export class DeskFeed implements CrmDesk {
	private readonly desks = new Map<string, AppDesk>();
	/** Connections, also those whose subscribing is under way. */
	private readonly subscribed = new Set<string>();
	private readonly lanes = new Lanes();
	private readonly pace: Pace;
	private readonly epoch = newId();
	private readonly stop: () => void;

	constructor(private readonly ports: DeskFeedPorts) {
		this.pace = new Pace((keys) => this.tell(keys), ports.gapMs ?? 1_000);
		this.stop = ports.changes.listen((change) => this.note(change));
	}

	/** Throws `overloaded` where as many have subscribed as may. */
	async subscribe(subscriber: DeskSubscriber, since?: string): Promise<void> {
		const { connection, app } = subscriber;
		const { subscribed } = this;
		if (!subscribed.has(connection) && subscribed.size >= LIMITS.deskSubscribers) throw new RouterError("overloaded");
		subscribed.add(connection);
		try {
			const actor = await this.ports.actorOf(subscriber);
			await this.lanes.run(app, async () => {
				// It may have ended meanwhile.
				if (subscribed.has(connection)) await this.deskOf(app).open(subscriber, actor, since);
			});
		} catch (error) {
			this.unsubscribe(subscriber);
			throw error;
		}
	}

	unsubscribe({ app, connection }: Pick<DeskSubscriber, "app" | "connection">): void {
		if (this.subscribed.delete(connection)) this.desks.get(app)?.close(connection);
	}

	async changed(changes: readonly ConversationChange[]): Promise<void> {
		for (const change of changes) this.note(change);
	}

	async reconsider(app: string, agentId: string): Promise<void> {
		const desk = this.desks.get(app);
		await this.lanes.run(app, async () => desk?.reconsider(agentId, this.ports.actorOf));
	}

	/** Listens no more; resolves when what's under way is done. */
	async close(): Promise<void> {
		this.stop();
		await this.pace.close();
		await this.lanes.idle();
	}

	private note(change: ConversationChange): void {
		const { app, id } = change;
		this.deskOf(app).note(change);
		this.pace.add(`${app}/${id}`);
	}

	private async tell(keys: readonly string[]): Promise<void> {
		const byApp = new Map<string, string[]>();
		for (const key of keys) {
			const slash = key.indexOf("/");
			const app = key.slice(0, slash);
			byApp.set(app, [...(byApp.get(app) ?? []), key.slice(slash + 1)]);
		}
		await Promise.all([...byApp].map(([app, ids]) => this.lanes.run(app, () => this.tellOf(app, ids))));
	}

	private async tellOf(app: string, ids: readonly string[]): Promise<void> {
		try {
			await this.deskOf(app).tell(ids);
		} catch (error) {
			this.ports.monitor.error("desk not told", error, { app });
			for (const id of ids) this.pace.add(`${app}/${id}`);
		}
	}

	private deskOf(app: string): AppDesk {
		const known = this.desks.get(app);
		if (known) return known;
		const desk = new AppDesk(app, this.epoch, this.ports);
		this.desks.set(app, desk);
		return desk;
	}
}

/** The desk of a server that makes all changes and has all connections itself. */
export const deskFeed: OpenDesk = (ports) => new DeskFeed(ports);
