import { type Audience, type Content, type Entry, maySee, type Sender } from "../protocol/envelope.js";
import type { Write } from "../storage/Storage.js";
import { dueRecord, dueTime, scheduleLook } from "./due.js";
import { messageIdIn, messageIdsOf, newId } from "./identity.js";
import { due, entries, type Head, type MessageIdRecord, messageIds, sessions } from "./records.js";

/**
 * A session as one change of it is being made: rules change `head` and append entries; all of it is committed
 * together, or none.
 */
export class SessionDraft {
	readonly appended: Entry[] = [];
	/** Whether there is anything to commit. */
	touched = false;
	private readonly revRead: number;
	private readonly dueRead: number | undefined;
	/** Of the session's message ids; made when the first one is. */
	private idsKey: string | undefined;
	/** The message ids that may not have been used before, in the order of the entries. */
	readonly uniques: MessageIdRecord[] = [];

	constructor(
		readonly head: Head,
		readonly now: number,
	) {
		this.revRead = head.rev;
		this.dueRead = dueTime(head);
	}

	/** Appends an entry; the message id is ours when the sender gave none. */
	append(from: Sender, audience: Audience, content: Content, messageId = newId()): Entry {
		const { head } = this;
		const entry: Entry = {
			session: head.session,
			seq: head.seq + 1,
			prev: { ...head.last },
			messageId,
			timeMs: Math.max(this.now, head.timeMs + 1),
			from,
			audience,
			content,
		};
		head.seq = entry.seq;
		head.timeMs = entry.timeMs;
		if (maySee("visitor", audience)) head.last.everyone = entry.seq;
		if (maySee("agent", audience)) head.last.staff = entry.seq;
		this.appended.push(entry);
		this.touched = true;
		return entry;
	}

	/** The entry's message id may not have been used before by this sender in this session. */
	unique(entry: Entry, digest: string): void {
		this.idsKey ??= messageIdsOf(entry.session);
		const message = messageIdIn(entry.from.id, entry.messageId);
		this.uniques.push({ session: this.idsKey, message, seq: entry.seq, digest });
	}

	/** What to write, for `Storage.transact`. The first is the head, then come the message ids. */
	writes(): Write[] {
		const { head, dueRead } = this;
		head.rev = this.revRead + 1;
		scheduleLook(head, this.now);
		const writes: Write[] = [
			{ put: sessions, record: head, if: this.revRead === 0 ? "absent" : [{ path: "rev", eq: this.revRead }] },
		];
		for (const record of this.uniques) writes.push({ put: messageIds, record, if: "absent" });
		for (const entry of this.appended) writes.push({ put: entries, record: entry, if: "absent" });
		const needed = dueTime(head);
		if (needed !== dueRead) {
			if (dueRead !== undefined) {
				const { shard, at } = dueRecord(head.session, dueRead);
				writes.push({ delete: due, key: [shard, at] });
			}
			if (needed !== undefined) writes.push({ put: due, record: dueRecord(head.session, needed) });
		}
		return writes;
	}

	/** Where a message id stands among the writes. */
	indexOf(unique: MessageIdRecord): number {
		return 1 + this.uniques.indexOf(unique);
	}
}
