import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Signal } from "../../protocol/Dialect.js";
import type { StaffActor } from "../access/Actor.js";

/** How many frames may be on their way to one connection. */
const BACKLOG = 500;

/** A connection that is told of conversations. */
export interface Subscriber {
	readonly connection: string;
	/** Whom it stands for. */
	actor: StaffActor;
	/** Frames on their way. */
	waiting: number;
	/** It reads too slowly, and is told nothing until it has what's on its way; then it must read its lists anew. */
	isBehind: boolean;
}

/** The connections that are told of one app's conversations. */
export class Subscribers {
	private readonly all = new Map<string, Subscriber>();

	/** `cursor`: where the feed is. */
	constructor(
		private readonly announce: PostOffice["announce"],
		private readonly cursor: () => string,
	) {}

	get isEmpty(): boolean {
		return this.all.size === 0;
	}

	/** In place of what the connection had before. */
	add(connection: string, actor: StaffActor): Subscriber {
		const subscriber: Subscriber = { connection, actor, waiting: 0, isBehind: false };
		this.all.set(connection, subscriber);
		return subscriber;
	}

	remove(connection: string): void {
		this.all.delete(connection);
	}

	which(fits: (actor: StaffActor) => boolean): Subscriber[] {
		return [...this.all.values()].filter(({ actor }) => fits(actor));
	}

	/** An agent's connections stand for somebody else from now on. */
	async reconsider(agentId: string, actorOf: (subscriber: Subscriber) => Promise<StaffActor>): Promise<void> {
		const theirs = this.which((actor) => actor.agentId === agentId);
		for (const subscriber of theirs) subscriber.actor = await actorOf(subscriber);
		this.push(theirs, this.anew());
	}

	push(to: readonly Subscriber[], signal: Signal | undefined): void {
		const ready = to.filter(({ isBehind }) => !isBehind);
		if (!signal || ready.length === 0) return;
		const sent = this.announce(
			ready.map(({ connection }) => connection),
			signal,
		);
		for (const [i, subscriber] of ready.entries()) {
			subscriber.waiting++;
			if (subscriber.waiting >= BACKLOG) subscriber.isBehind = true;
			sent[i]?.then(() => this.left(subscriber));
		}
	}

	private left(subscriber: Subscriber): void {
		subscriber.waiting--;
		if (!subscriber.isBehind || subscriber.waiting > 0) return;
		subscriber.isBehind = false;
		if (this.all.get(subscriber.connection) === subscriber) this.push([subscriber], this.anew());
	}

	private anew(): Signal {
		return { type: "subscribed", recovered: false, cursor: this.cursor() };
	}
}
