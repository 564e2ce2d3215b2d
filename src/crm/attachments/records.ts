import { RouterError } from "../../protocol/errors.js";
import { defineCollection } from "../../storage/Storage.js";
import type { ContentType } from "./fileTypes.js";
import type { Finding } from "./formats/Finding.js";

interface Common {
	/** `<topic>/<app>/<id>`. */
	attachment: string;
	/** Who asked for its address, by whatever name the caller knows them. */
	uploader: string;
	/** The session's key, `<topic>/<app>/<conversation id>`: the only one whose messages may carry it. */
	conversation?: string;
	/** For display only. */
	name: string;
	contentType: ContentType;
	/** Bytes. */
	size: number;
	/** Epoch milliseconds. */
	createdAt: number;
	/** `<topic>/<app>`, as long as no message carries it. */
	abandonedIn?: string;
	/** Epoch milliseconds: when it's removed, if no message carries it by then. */
	abandonedAt?: number;
}

/** Asked for; perhaps uploaded, but nobody has looked at it. */
export interface WaitingAttachment extends Common {
	state: "waiting";
}

/** Looked at and served. */
export interface ReadyAttachment extends Common {
	state: "ready";
}

/** Looked at and deleted. */
export interface RefusedAttachment extends Common {
	state: "refused";
	finding: { code: Finding["code"]; reason: string };
}

/** What stays of a deleted one for a while, so that whoever asks for it is told. */
export interface DeletedAttachment {
	attachment: string;
	state: "deleted";
	/** Epoch seconds. */
	expires: number;
}

export type LiveAttachment = WaitingAttachment | ReadyAttachment | RefusedAttachment;
export type AttachmentRecord = LiveAttachment | DeletedAttachment;

export const attachments = defineCollection<AttachmentRecord>({
	name: "attachments",
	key: { hash: "attachment" },
	indexes: {
		byConversation: { hash: "conversation", range: { field: "createdAt", type: "number" } },
		abandoned: { hash: "abandonedIn", range: { field: "abandonedAt", type: "number" } },
	},
	expires: "expires",
});

/** Throws `attachment_unknown` or `attachment_deleted` for one that isn't there. */
export function live(record: AttachmentRecord | undefined): LiveAttachment {
	if (!record) throw new RouterError("attachment_unknown");
	if (record.state === "deleted") throw new RouterError("attachment_deleted");
	return record;
}
