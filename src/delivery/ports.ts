import type { App, Apps } from "../apps/Apps.js";
import type { AnsweringConnector, Connector, SocketConnector } from "../connectors/Connector.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Command } from "../protocol/Dialect.js";
import type { Attachment } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import type { Transport } from "../transport/Transport.js";
import type { Answerer, Answerers } from "./floor.js";
import { isPromise } from "./isPromise.js";

/** What a post office works with. */
export interface PostOfficePorts {
	/** Names this post office: begins the key of each of its records, and stands in its alerts. Letters, digits and _ . - only. */
	readonly topic: string;
	readonly storage: Storage;
	readonly transport: Transport;
	readonly apps: Apps;
	/** Socket connectors are asked in this order who connects; the first answering one that serves an app has its floor. */
	readonly connectors: readonly Connector[];
	readonly monitor: Monitor;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** Keys the aliases of users; must stay the same, or nobody is known again. */
	readonly secret: string;
	/**
	 * Nobody else writes to this storage: its newest state may be kept in memory, and what a former process had in hand
	 * can be taken over at once.
	 */
	readonly soleOwner: boolean;
	/**
	 * Where plugins have their entries from: `"read"` (the default), the post office reads the storage's feed for them;
	 * `"given"`, only what `PostOffice.feed` is given.
	 */
	readonly feed?: "read" | "given";
	/** Looks at the files that messages bring. Default: they're passed on as their senders name them. */
	readonly files?: FileDesk;
	/** Knows which sessions agents take care of. Default: those that they join themselves. */
	readonly roster?: Roster;
	/** Says who at a connection may do what. Default: whatever their connector's commands are. */
	readonly permits?: Permits;
}

/** What somebody at a connection asks for. */
export interface Asking {
	readonly app: string;
	readonly role: "visitor" | "agent";
	/** See `Admission`. */
	readonly account?: string;
	readonly isAdmin: boolean;
	readonly command: Command["type"];
	/** Where it's to be done. */
	readonly sessionId?: string;
}

/** A visitor who comes to a session by their own word. */
export interface Visiting {
	readonly app: string;
	/** What their connector calls them. */
	readonly user: string;
	/** What they say is their address. */
	readonly email?: string;
}

/** Who at a connection may do what. */
export interface Permits {
	/** A visitor asks to join a session, or to open it. Rejects with the `RouterError` that refuses them. */
	visit(visiting: Visiting): Promise<void>;
	/**
	 * Throws, or rejects with, the `RouterError` that refuses it; undefined where it's granted and nothing had to be read
	 * for that. That a visitor's session is their own is not asked: where it's found, the session itself says so.
	 */
	ask(asking: Asking): Promise<void> | undefined;
}

/** What agents do in sessions, but talk. */
export interface DoneAtDesk {
	readonly command: Command["type"];
	readonly trace: string;
}

/** Who takes care of which sessions. Accounts are what connectors call them, see `Admission.account`. */
export interface Roster {
	/** An agent has connected; answers the ids of the sessions that this connection is to hear. */
	arrived(app: string, account: string): Promise<readonly string[]>;
	/** An agent did something. */
	active(app: string, account: string): void;
	/** An agent has begun to take part in a session of their own accord. */
	tookOver(app: string, sessionId: string, account: string): void;
	/**
	 * An agent at a connection did what changed a session: took part in it or ceased to, closed it, noted something and so
	 * on; not what they say. `trace` follows it through the logs.
	 */
	did(
		app: string,
		sessionId: string,
		by: { readonly account: string; readonly isAdmin: boolean },
		what: DoneAtDesk,
	): void;
	/** An agent has read a session, up to this entry. */
	read(app: string, sessionId: string, seq: number): void;
}

/** Who looks at the files that messages bring, before anybody is told of them. */
export interface FileDesk {
	/**
	 * The files as they're passed on, in place of what the sender named. Throws the `RouterError` that refuses the message.
	 * `user` is who the sender is, as connectors and `PostOffice.act` were told.
	 */
	admit(brought: {
		readonly app: string;
		readonly sessionId: string;
		readonly role: "visitor" | "agent";
		readonly user: string;
		readonly attachments: readonly Attachment[];
	}): Promise<readonly Attachment[]>;
}

/** The connectors by what they do. */
export class Switchboard {
	readonly sockets: ReadonlyMap<string, SocketConnector>;
	readonly answering: ReadonlyMap<string, AnsweringConnector>;
	private readonly byApp = new WeakMap<App, Answerers>();

	constructor(
		private readonly apps: Apps,
		connectors: readonly Connector[],
	) {
		this.sockets = new Map(connectors.filter((each) => !each.answers).map((each) => [each.name, each]));
		this.answering = new Map(connectors.filter((each) => each.answers).map((each) => [each.name, each]));
	}

	/** The app of this id; at once, if it's known. Rejects with `unknown_app` if there's none. */
	app(id: string | undefined): App | Promise<App> {
		try {
			const app = this.apps.get(id);
			return app && !isPromise(app) ? app : known(app);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** Who may answer for an app, the default one first. */
	answerers(app: App): Answerers {
		const known = this.byApp.get(app);
		if (known) return known;
		const found = new Map<string, Answerer>();
		for (const connector of this.answering.values()) {
			const { name, answerWithinMs } = connector;
			const profile = connector.profile(app);
			if (profile) found.set(name, { name, answerWithinMs, profile });
		}
		this.byApp.set(app, found);
		return found;
	}
}

async function known(app: App | undefined | Promise<App | undefined>): Promise<App> {
	const found = await app;
	if (!found) throw new RouterError("unknown_app");
	return found;
}
