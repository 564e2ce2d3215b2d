import type { Monitor } from "../../monitoring/Monitor.js";
import type { Storage } from "../../storage/Storage.js";
import { conversationKey, conversations, endedKeys } from "../conversations/records.js";
import type { Erasures } from "./Erasures.js";

export interface RetentionPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly erasures: Pick<Erasures, "conversation">;
	/** Is told of what can't be erased; it's tried again. */
	readonly monitor: Monitor;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** After how many days a closed conversation is erased in this app; undefined: never. */
	readonly daysOf: (app: string) => Promise<number | undefined> | number | undefined;
}

const DAY_MS = 24 * 3_600_000;
/** How many conversations one run erases at most. */
const BATCH = 50;
/** How long a run takes at most, in milliseconds. */
const STRETCH_MS = 10_000;

/** Erases conversations that were closed so long ago that they're not to be kept. */
export class Retention {
	constructor(private readonly ports: RetentionPorts) {}

	/** Erases some that are due, the oldest first; answers how many. Call it until there are none. */
	async run(app: string): Promise<number> {
		const { topic, storage, clock, daysOf } = this.ports;
		const days = await daysOf(app);
		if (days === undefined) return 0;
		const end = performance.now() + STRETCH_MS;
		const before = new Date(clock() - days * DAY_MS).toISOString();
		let erased = 0;
		for (const hash of endedKeys(topic, app)) {
			const limit = BATCH - erased;
			if (limit < 1) break;
			const page = await storage.query(conversations, { index: "ended", hash, range: { before }, limit });
			for (const { id } of page.records) {
				if (performance.now() > end) return erased;
				// The index may lag behind somebody who has reopened it.
				const now = await storage.get(conversations, [conversationKey(topic, app, id)]);
				if (!now?.closedAt || now.closedAt >= before) continue;
				if (await this.erase(app, id)) erased++;
			}
		}
		return erased;
	}

	private async erase(app: string, id: string): Promise<boolean> {
		const { erasures, monitor } = this.ports;
		try {
			return await erasures.conversation(app, id);
		} catch (error) {
			// Those behind it aren't to wait for it.
			monitor.error("conversation not erased", error, { app });
			return false;
		}
	}
}
