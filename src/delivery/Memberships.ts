import { LIMITS } from "../protocol/limits.js";
import type { Storage } from "../storage/Storage.js";
import { digest } from "./identity.js";
import { memberships } from "./records.js";

/** For how long somebody who comes back is found in a session after having last joined it: 90 days. */
const LIFETIME_S = 90 * 24 * 3600;

/** In which sessions a user is, for those who come back and don't say. */
export class Memberships {
	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
		private readonly clock: () => number,
	) {}

	async add(app: string, user: string, session: string): Promise<void> {
		const joinedAt = this.clock();
		const expires = Math.floor(joinedAt / 1000) + LIFETIME_S;
		await this.storage.put(memberships, { member: this.member(app, user), session, joinedAt, expires });
	}

	async remove(app: string, user: string, session: string): Promise<void> {
		await this.storage.delete(memberships, [this.member(app, user), session]);
	}

	/** Forgets who was in a session. */
	async forget(session: string): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(memberships, { index: "bySession", hash: session, cursor });
			await Promise.all(page.records.map(({ member }) => this.storage.delete(memberships, [member, session])));
			cursor = page.cursor;
		} while (cursor);
	}

	/** The keys of the sessions that the user joined most recently, the newest first. */
	async of(app: string, user: string): Promise<string[]> {
		const found = [];
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(memberships, { hash: this.member(app, user), cursor });
			found.push(...page.records);
			cursor = page.cursor;
		} while (cursor);
		found.sort((a, b) => b.joinedAt - a.joinedAt);
		return found.slice(0, LIMITS.sessionsOnReconnect).map((each) => each.session);
	}

	private member(app: string, user: string): string {
		return `${this.topic}/${app}/${digest(user)}`;
	}
}
