import { type Audience, type Content, type Entry, maySee, type Sender } from "../protocol/envelope.js";
import type { Write } from "../storage/Storage.js";
import { scheduleLook } from "./due.js";
import { newId } from "./identity.js";
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
	private readonly dueRead: Head["due"];
	private messageId: MessageIdRecord | undefined;

	constructor(
		readonly head: Head,
		readonly now: number,
	) {
		this.revRead = head.rev;
		this.dueRead = head.due;
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
		const { session, seq, timeMs } = entry;
		this.messageId = { session, message: `${entry.from.id}/${entry.messageId}`, seq, timeMs, digest };
	}

	/** What to write, for `Storage.transact`. The first is the head; the message id, if there is one, the second. */
	writes(): Write[] {
		const { head, dueRead } = this;
		head.rev = this.revRead + 1;
		scheduleLook(head, this.now);
		const writes: Write[] = [
			{ put: sessions, record: head, if: this.revRead === 0 ? "absent" : [{ path: "rev", eq: this.revRead }] },
		];
		if (this.messageId) writes.push({ put: messageIds, record: this.messageId, if: "absent" });
		for (const entry of this.appended) writes.push({ put: entries, record: entry });
		if (head.due?.at !== dueRead?.at) {
			if (dueRead) writes.push({ delete: due, key: [dueRead.shard, dueRead.at] });
			if (head.due) writes.push({ put: due, record: { ...head.due, session: head.session } });
		}
		return writes;
	}

	/** The message id's record, and where it stands among the writes. */
	get uniqueWrite(): { index: number; record: MessageIdRecord } | undefined {
		return this.messageId && { index: 1, record: this.messageId };
	}
}
