import type { App } from "../apps/Apps.js";
import type { SocketConnector } from "../connectors/Connector.js";
import type { Dialect, Greeting } from "../protocol/Dialect.js";
import { asRouterError, RouterError } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import type { Address } from "../transport/Transport.js";
import { AccountIndex, CONNECTION_S } from "./AccountIndex.js";
import { Greetings } from "./Greetings.js";
import { isPromise } from "./isPromise.js";
import type { Switchboard } from "./ports.js";
import { type ConnectionRecord, connections } from "./records.js";

const KEPT = 100_000;
/** What a storage reads at once. */
const BATCH = 100;

/** What a client says when it connects. Header names are lower-case. */
export interface Arriving {
	/** The transport's id of the connection. */
	readonly connection: string;
	/** The address that the connection lives behind, where it has one. */
	readonly url?: string;
	readonly query: Readonly<Record<string, string | undefined>>;
	readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A connection and what it may do. */
export interface Connected {
	readonly record: ConnectionRecord;
	readonly connector: SocketConnector;
	readonly app: App;
	readonly address: Address;
}

/**
 * Who is at which connection: decided once, when it connects. Kept in the storage for the other processes that a
 * connection's frames may come to; a sole owner of its storage has none, and its connections end with it.
 */
export class Connections {
	/** Connections of this process, or that it has met. */
	private readonly known = new Map<string, Connected>();
	/** Those of this process that end at a time of their own. */
	private readonly ending = new Map<string, Connected>();
	private readonly accounts: AccountIndex;
	private readonly greetings: Greetings;

	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
		private readonly switchboard: Switchboard,
		private readonly clock: () => number,
		private readonly soleOwner: boolean,
	) {
		this.accounts = new AccountIndex(topic, storage, clock, soleOwner);
		this.greetings = new Greetings(storage, clock, soleOwner);
	}

	/** Lets a connection in, or throws why it isn't: `unknown_app`, or what its connector says. */
	admit(arriving: Arriving): Promise<Connected> {
		return this.accounts.arrive(async (enter) => {
			const connected = await this.letIn(arriving);
			const { app, record } = connected;
			if (record.account === undefined) return connected;
			try {
				await enter(app.id, record.account, arriving.connection);
			} catch (error) {
				await this.end(arriving.connection);
				throw error;
			}
			return connected;
		});
	}

	private async letIn(arriving: Arriving): Promise<Connected> {
		const { connection, url, query, headers } = arriving;
		const app = await this.switchboard.app(query.appId);
		for (const connector of this.switchboard.sockets.values()) {
			const admission = await connector.admit({ app, query, headers });
			if (!admission) continue;
			const {
				user,
				account,
				isAdmin,
				proved,
				until,
				name,
				email,
				avatar,
				sends,
				receives,
				session,
				greeting,
				peopleFirst,
			} = admission;
			const record: ConnectionRecord = {
				connection: this.key(connection),
				app: app.id,
				connector: connector.name,
				user,
				account,
				isAdmin: isAdmin || undefined,
				proved: proved || undefined,
				until,
				url,
				name,
				email,
				avatar,
				sends: sends === false ? false : undefined,
				receives: receives === false ? false : undefined,
				session,
				greeting,
				peopleFirst: peopleFirst || undefined,
				sessions: {},
				expires: this.expires(),
			};
			if (!this.soleOwner) await this.storage.put(connections, record);
			return this.keep(connection, { record, connector, app, address: { connection, url } });
		}
		throw new RouterError("session_forbidden", "No connector takes this connection.");
	}

	/** The connection with its app's newest settings, if it was admitted and hasn't ended. */
	find(connection: string): Connected | undefined | Promise<Connected | undefined> {
		const known = this.known.get(connection);
		if (known) {
			const app = this.switchboard.app(known.record.app);
			return isPromise(app) ? app.then((newest) => ({ ...known, app: newest })) : { ...known, app };
		}
		if (this.soleOwner) return undefined;
		const record = this.storage.get(connections, [this.key(connection)]);
		return record.then((there) => this.understood(connection, there));
	}

	private async understood(connection: string, record: ConnectionRecord | undefined): Promise<Connected | undefined> {
		const connector = record && this.switchboard.sockets.get(record.connector);
		if (!record || !connector) return undefined;
		const app = await this.switchboard.app(record.app);
		return this.keep(connection, { record, connector, app, address: { connection, url: record.url } });
	}

	/** The connection, if it's one that this process knows; with its app's settings as they were. */
	here(connection: string): Connected | undefined {
		return this.known.get(connection);
	}

	/** The open connections of an account. */
	async ofAccount(app: string, account: string): Promise<Connected[]> {
		return this.several(await this.accounts.of(app, account));
	}

	/** The same; and nobody comes in by what was checked before. */
	async ofEnded(app: string, account: string): Promise<Connected[]> {
		return this.several(await this.accounts.end(app, account));
	}

	/** Connections of this process whose time is over. */
	overdue(): Connected[] {
		const now = this.clock();
		return [...this.ending.values()].filter(({ record }) => (record.until ?? 0) * 1000 <= now);
	}

	/** Those of them that haven't ended, as far as this process knows or can learn in one read. */
	async several(connections: readonly string[]): Promise<Connected[]> {
		const others = connections.filter((connection) => !this.known.has(connection));
		if (others.length > 0 && !this.soleOwner) await this.meet(others);
		return connections.flatMap((connection) => this.known.get(connection) ?? []);
	}

	/** Learns of connections that other processes let in. */
	private async meet(others: readonly string[]): Promise<void> {
		for (let from = 0; from < others.length; from += BATCH) {
			const part = others.slice(from, from + BATCH);
			const records = await this.storage.batchGet(
				connections,
				part.map((connection) => [this.key(connection)] as const),
			);
			await Promise.all(part.map((connection, i) => this.understood(connection, records[i])));
		}
	}

	/** Whether this process knows the connection and hasn't seen it end. */
	isOpen(connection: string): boolean {
		return this.known.has(connection);
	}

	/** Whether the connection hasn't ended, as far as can be known: another process may have seen its end. */
	async isAlive(connection: string): Promise<boolean> {
		if (this.soleOwner) return this.isOpen(connection);
		return (await this.storage.get(connections, [this.key(connection)])) !== undefined;
	}

	/** Notes that the connection is attached to a session. */
	async attached({ record }: Connected, session: string): Promise<void> {
		if (record.sessions[session]) return;
		record.sessions[session] = true;
		if (this.soleOwner) return;
		record.expires = this.expires();
		const change = { set: [[["sessions", session], true] as const, ["expires", record.expires] as const] };
		try {
			const now = await this.storage.update(connections, [record.connection], change);
			Object.assign(record.sessions, now.sessions);
		} catch (error) {
			// A connection that lives longer than its record: it's written anew.
			if (asRouterError(error).code !== "invalid_path") throw error;
			await this.storage.put(connections, record);
		}
	}

	/** Has `tell` tell the connection what it's to be told first, once. Answers whether the connection has it. */
	greet({ record }: Connected, tell: (greeting: Greeting) => Promise<boolean>): Promise<boolean> {
		return this.greetings.once(record, tell);
	}

	/** Whether the connection may have to be greeted first, as far as this process knows. */
	mayAwaitGreeting(connection: string): boolean {
		const known = this.known.get(connection);
		return known ? known.record.greeting !== undefined : !this.soleOwner;
	}

	/** The dialect of a connection that this process knows. */
	dialectOf(connection: string): Dialect | undefined {
		return this.known.get(connection)?.connector.dialect;
	}

	/** Forgets a connection; answers what was known of it. */
	async end(connection: string): Promise<Connected | undefined> {
		const found = await this.find(connection);
		this.known.delete(connection);
		this.ending.delete(connection);
		const account = found?.record.account;
		if (account !== undefined) await this.accounts.leave(found?.app.id ?? "", account, connection);
		if (!found || this.soleOwner) return found;
		// Another process may have attached it to more sessions than we know of.
		const newest = await this.storage.get(connections, [found.record.connection]);
		await this.storage.delete(connections, [found.record.connection]);
		return { ...found, record: newest ?? found.record };
	}

	private keep(connection: string, connected: Connected): Connected {
		this.known.set(connection, connected);
		if (connected.record.until !== undefined) this.ending.set(connection, connected);
		if (this.soleOwner) return connected;
		const [oldest] = this.known.keys();
		if (oldest !== undefined && this.known.size > KEPT) {
			this.known.delete(oldest);
			this.ending.delete(oldest);
		}
		return connected;
	}

	private key(connection: string): string {
		return `${this.topic}/${connection}`;
	}

	private expires(): number {
		return Math.floor(this.clock() / 1000) + CONNECTION_S;
	}
}
