import { CONNECTION_S } from "../../../delivery/AccountIndex.js";
import { ConditionFailed } from "../../../protocol/errors.js";
import type { Storage } from "../../../storage/Storage.js";
import type { StaffActor } from "../../access/Actor.js";
import { scopeOf } from "../../agents/records.js";
import { deskSubscriptions, KNOWN_MS, type SubscriptionRecord } from "./records.js";

export interface SubscriptionsPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly clock: () => number;
}

/** How long an ended one outlives what can be caught up with, in seconds: clocks differ. */
const SLACK_S = 5 * 60;

/**
 * Who is told of conversations, for every process that tells. One that has ended is kept as long as its agent could catch
 * up: changes are written down while there is any.
 */
export class Subscriptions {
	constructor(private readonly ports: SubscriptionsPorts) {}

	/** In place of what the connection had before. */
	async begin(connection: string, { app, agentId, role, departments }: StaffActor): Promise<void> {
		const desk = this.deskOf(app);
		const expires = this.inSeconds(CONNECTION_S);
		await this.ports.storage.put(deskSubscriptions, { desk, connection, agentId, role, departments, expires });
	}

	/** Of one that isn't there, nothing. */
	async end(app: string, connection: string): Promise<void> {
		const { storage, clock } = this.ports;
		const change = {
			set: [
				["endedAt", clock()],
				["expires", this.inSeconds(SLACK_S)],
			],
		} as const;
		const isOn = [
			{ path: "agentId", exists: true },
			{ path: "endedAt", exists: false },
		] as const;
		try {
			await storage.update(deskSubscriptions, [this.deskOf(app), connection], change, isOn);
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}

	/** All of an app, those that have ended too. */
	async of(app: string): Promise<SubscriptionRecord[]> {
		const found: SubscriptionRecord[] = [];
		let cursor: string | undefined;
		do {
			const page = await this.ports.storage.query(deskSubscriptions, {
				hash: this.deskOf(app),
				limit: 1_000,
				cursor,
			});
			found.push(...page.records);
			cursor = page.cursor;
		} while (cursor !== undefined);
		return found;
	}

	private deskOf(app: string): string {
		return scopeOf(this.ports.topic, app);
	}

	private inSeconds(more: number): number {
		return Math.ceil((this.ports.clock() + KNOWN_MS) / 1000) + more;
	}
}
