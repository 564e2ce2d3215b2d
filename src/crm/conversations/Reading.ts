import { sessionKey } from "../../delivery/identity.js";
import { entries, sessions } from "../../delivery/records.js";
import { decided } from "../records/decided.js";
import { type ActivityRecord, conversationActivity, isMessage, noActivity, SENDER_TYPES } from "./activity.js";
import type { ConversationPorts } from "./ConversationStore.js";

/** What staff has read of a conversation. */
export class Reading {
	constructor(private readonly ports: ConversationPorts) {}

	/**
	 * An agent has seen the conversation up to entry `seq` (default, and at most, the newest one): what the customer wrote
	 * until then isn't unread any more.
	 */
	async seen(app: string, id: string, seq?: number): Promise<void> {
		const { storage, topic, onChange } = this.ports;
		const key = sessionKey(topic, app, id);
		const newest = (await storage.get(sessions, [key]))?.seq ?? 0;
		const seen = Math.min(seq ?? newest, newest);
		await decided(async () => {
			const known = await storage.get(conversationActivity, [key]);
			const before: ActivityRecord = known ?? { conversation: key, rev: 0, ...noActivity() };
			if (seen <= before.seen) return;
			const unread = before.unread > 0 ? await this.unread(key, seen, before.counted) : 0;
			const record: ActivityRecord = { ...before, rev: before.rev + 1, seen, unread };
			await storage.put(conversationActivity, record, known ? [{ path: "rev", eq: before.rev }] : "absent");
			onChange?.({ app, id });
		});
	}

	/** How many messages of the customer lie after `seen`, up to what has been counted. */
	private async unread(key: string, seen: number, counted: number): Promise<number> {
		let unread = 0;
		let cursor: string | undefined;
		if (seen >= counted) return 0;
		do {
			const range = { between: [seen + 1, counted] } as const;
			const page = await this.ports.storage.query(entries, { hash: key, range, cursor });
			const theirs = page.records.filter((entry) => isMessage(entry) && SENDER_TYPES[entry.from.role] === "customer");
			unread += theirs.length;
			cursor = page.cursor;
		} while (cursor !== undefined);
		return unread;
	}
}
