import { RouterError } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import { accountConnections } from "./records.js";

/** The place, among an account's connections, of when they were ended last. No connection is called that. */
const ENDING = "-";
/** For how long it's kept: longer than a connection takes to be made. */
const ENDING_S = 10 * 60;
/** How far the clocks of two processes may be apart, in milliseconds. */
const CLOCKS_APART_MS = 1_000;

/**
 * Which connections an account has: so that they're found when it ends, wherever they are. A sole owner of its storage
 * keeps that in memory. A connection that's made while its account's are being ended is either found, or refused.
 */
export class AccountIndex {
	private readonly open = new Map<string, Set<string>>();
	/** By account: when it was ended last, while connections are being made. */
	private readonly endings = new Map<string, number>();
	private arriving = 0;
	private moment = 0;

	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
		private readonly clock: () => number,
		private readonly soleOwner: boolean,
	) {}

	/**
	 * Has a connection made by `make`, which tells when it knows whose it is. Throws `overloaded` where the account was
	 * ended meanwhile: what let it in may be over, and is asked for again.
	 */
	async arrive<T>(make: (enter: (app: string, account: string, connection: string) => Promise<void>) => Promise<T>) {
		const since = { moment: ++this.moment, now: this.clock() };
		this.arriving++;
		try {
			return await make((app, account, connection) => this.enter(this.key(app, account), connection, since));
		} finally {
			this.arriving--;
			if (this.arriving === 0) this.endings.clear();
		}
	}

	async leave(app: string, account: string, connection: string): Promise<void> {
		const key = this.key(app, account);
		if (!this.soleOwner) return this.storage.delete(accountConnections, [key, connection]);
		const connections = this.open.get(key);
		connections?.delete(connection);
		if (connections?.size === 0) this.open.delete(key);
	}

	async of(app: string, account: string): Promise<string[]> {
		const hash = this.key(app, account);
		if (this.soleOwner) return [...(this.open.get(hash) ?? [])];
		const found: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(accountConnections, { hash, cursor });
			found.push(...page.records.flatMap(({ connection }) => (connection === ENDING ? [] : connection)));
			cursor = page.cursor;
		} while (cursor);
		return found;
	}

	/** From now on nobody comes in by what was checked before; answers who is in. */
	async end(app: string, account: string): Promise<string[]> {
		const key = this.key(app, account);
		if (this.arriving > 0) this.endings.set(key, ++this.moment);
		if (!this.soleOwner) {
			const endedAt = this.clock();
			const expires = Math.floor(endedAt / 1000) + ENDING_S;
			await this.storage.put(accountConnections, { account: key, connection: ENDING, endedAt, expires });
		}
		return this.of(app, account);
	}

	private async enter(key: string, connection: string, since: { moment: number; now: number }): Promise<void> {
		if (this.soleOwner) {
			const connections = this.open.get(key) ?? new Set();
			this.open.set(key, connections.add(connection));
		} else {
			await this.storage.put(accountConnections, { account: key, connection, expires: this.lifetime() });
		}
		if ((this.endings.get(key) ?? 0) > since.moment) throw new RouterError("overloaded");
		if (this.soleOwner) return;
		// Written before it's read, as the ending is before it reads: one of both finds the other.
		const ending = await this.storage.get(accountConnections, [key, ENDING]);
		if ((ending?.endedAt ?? 0) > since.now - CLOCKS_APART_MS) throw new RouterError("overloaded");
	}

	private lifetime(): number {
		return Math.floor(this.clock() / 1000) + CONNECTION_S;
	}

	private key(app: string, account: string): string {
		return `${this.topic}/${app}/${account}`;
	}
}

/** API Gateway ends a connection after 2 hours; one of ours that lives longer is known to the process that has it. */
export const CONNECTION_S = 135 * 60;
