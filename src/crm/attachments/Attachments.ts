import type { BlobStore } from "../../blobs/BlobStore.js";
import { newId, sessionKey } from "../../delivery/identity.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { Storage } from "../../storage/Storage.js";
import { displayName } from "./fileName.js";
import { FILE_TYPES, isContentType } from "./fileTypes.js";
import { Quarantine } from "./Quarantine.js";
import { type AttachmentRecord, attachments, type LiveAttachment, live, type ReadyAttachment } from "./records.js";
import type { Attachment, UploadRequest, UploadTicket } from "./schema.js";

export interface AttachmentsOptions {
	readonly topic: string;
	readonly storage: Storage;
	readonly blobs: BlobStore;
	/** The time in ms. Default: `Date.now`. */
	readonly clock?: () => number;
}

/** Who does something with attachments, and where. */
export interface Party {
	readonly app: string;
	/** By any name that's the same when they send the message. */
	readonly uploader: string;
}

const UPLOAD_S = 300;
/** A message may be written for long; what it doesn't carry after a day is removed. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;
/** How long it's remembered that an attachment was deleted, in seconds. */
const REMEMBERED_S = 30 * 24 * 60 * 60;
const PAGE = 100;

/**
 * Files that messages carry, in two steps: `requestUpload` gives an address that takes the file into quarantine, and when
 * a message carries it, it's looked at, and served from then on.
 */
export class Attachments {
	private readonly topic: string;
	private readonly storage: Storage;
	private readonly blobs: BlobStore;
	private readonly clock: () => number;
	private readonly quarantine: Quarantine;

	constructor({ topic, storage, blobs, clock = Date.now }: AttachmentsOptions) {
		this.topic = topic;
		this.storage = storage;
		this.blobs = blobs;
		this.clock = clock;
		this.quarantine = new Quarantine(storage, blobs);
	}

	/**
	 * Without a conversation the file belongs to the first one whose message carries it. Throws `file_type_forbidden`,
	 * `file_name_invalid` or `file_too_large`.
	 */
	async requestUpload(
		{ app, uploader }: Party,
		{ fileName, contentType, fileSize: size }: UploadRequest,
		conversation?: string,
	): Promise<UploadTicket> {
		if (!isContentType(contentType))
			throw new RouterError("file_type_forbidden", `contentType must be one of ${Object.keys(FILE_TYPES).join(", ")}.`);
		const name = displayName(fileName, contentType);
		if (!(size >= 1 && size <= LIMITS.fileBytes))
			throw new RouterError("file_too_large", `fileSize must be 1 to ${LIMITS.fileBytes} bytes.`);
		const id = newId();
		const createdAt = this.clock();
		const record: LiveAttachment = {
			attachment: sessionKey(this.topic, app, id),
			state: "waiting",
			uploader,
			...(conversation !== undefined && { conversation: sessionKey(this.topic, app, conversation) }),
			name,
			contentType,
			size,
			createdAt,
			abandonedIn: this.scope(app),
			abandonedAt: createdAt + ABANDONED_MS,
		};
		await this.storage.put(attachments, record, "absent");
		const key = `${app}/${id}`;
		return {
			uploadUrl: await this.blobs.uploadAddress({ key, contentType, size, expiresInS: UPLOAD_S }),
			attachmentUrl: await this.blobs.address(key),
			key,
			expiresIn: UPLOAD_S,
		};
	}

	/**
	 * Makes attachments part of a conversation, for a message that carries them: what nobody has looked at yet is looked
	 * at, and served from then on. References are keys or addresses from `requestUpload`. They must be the
	 * uploader's own, or the conversation's already. Throws `attachment_unknown`, `attachment_deleted`,
	 * `attachment_not_uploaded`, `file_mismatch` or `file_unsafe`; those before the refused one may be attached then.
	 */
	async attach(party: Party, conversation: string, references: readonly string[]): Promise<Attachment[]> {
		if (references.length > LIMITS.attachments)
			throw new RouterError("attachments_too_many", `A message carries ${LIMITS.attachments} attachments at most.`);
		const keys = [...new Set(await Promise.all(references.map((each) => this.keyOf(party.app, each))))];
		if (keys.length === 0) return [];
		const found = await this.storage.batchGet(
			attachments,
			keys.map((key) => [this.recordKey(key)] as const),
		);
		const place = sessionKey(this.topic, party.app, conversation);
		const attached: Attachment[] = [];
		for (const [i, key] of keys.entries()) {
			const record = permitted(found[i], place, party);
			attached.push(await this.view(key, await this.take(key, await this.quarantine.release(key, record), place)));
		}
		return attached;
	}

	/**
	 * An attachment that a conversation's message carries, by its key or address; its address opens for `expiresInS`
	 * seconds at least. Throws `attachment_unknown` or `attachment_deleted`.
	 */
	async get(
		app: string,
		reference: string,
		expiresInS: number,
	): Promise<{ readonly attachment: Attachment; readonly conversation: string }> {
		const key = await this.keyOf(app, reference);
		const record = live(await this.storage.get(attachments, [this.recordKey(key)]));
		if (record.state !== "ready" || record.abandonedIn !== undefined || record.conversation === undefined) {
			throw new RouterError("attachment_unknown");
		}
		const { name, contentType, size } = record;
		const url = await this.blobs.address(key, expiresInS);
		return {
			attachment: { key, name, contentType, size, url },
			conversation: record.conversation.slice(this.scope(app).length + 1),
		};
	}

	/** A conversation's attachments that are served, oldest first. */
	async list(
		app: string,
		conversation: string,
		cursor?: string,
	): Promise<{ readonly attachments: Attachment[]; readonly cursor?: string }> {
		const hash = sessionKey(this.topic, app, conversation);
		const page = await this.storage.query(attachments, { index: "byConversation", hash, limit: PAGE, cursor });
		const ready = page.records.filter((each) => each.state === "ready" && each.abandonedIn === undefined);
		const views = ready.map((each) => this.view(`${app}/${idOf(each)}`, each as ReadyAttachment));
		return { attachments: await Promise.all(views), cursor: page.cursor };
	}

	/** Deletes an attachment; that it was is remembered for 30 days. What isn't there is fine. */
	async delete(app: string, reference: string): Promise<void> {
		const key = await this.keyOf(app, reference);
		const attachment = this.recordKey(key);
		if (!(await this.storage.get(attachments, [attachment]))) return;
		// Whoever looks at the file meanwhile finds the record gone and deletes what it has promoted.
		const expires = Math.floor(this.clock() / 1000) + REMEMBERED_S;
		await this.storage.put(attachments, { attachment, state: "deleted", expires });
		await this.blobs.delete(key);
	}

	/** Removes a conversation's attachments without a trace; answers how many. If it fails, call it again. */
	async erase(app: string, conversation: string): Promise<number> {
		const hash = sessionKey(this.topic, app, conversation);
		let erased = 0;
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(attachments, { index: "byConversation", hash, limit: PAGE, cursor });
			for (const record of page.records) await this.remove(app, record);
			erased += page.records.length;
			cursor = page.cursor;
		} while (cursor);
		return erased;
	}

	/** What somebody has uploaded, or is about to, and no message carries yet is another's from now on. */
	async handOver({ app, uploader }: Party, to: string): Promise<void> {
		let cursor: string | undefined;
		do {
			const query = { index: "abandoned", hash: this.scope(app), limit: PAGE, cursor } as const;
			const page = await this.storage.query(attachments, query);
			for (const record of page.records) {
				if (record.state === "deleted" || record.uploader !== uploader) continue;
				await this.giveTo(record.attachment, uploader, to);
			}
			cursor = page.cursor;
		} while (cursor);
	}

	private async giveTo(attachment: string, from: string, to: string): Promise<void> {
		try {
			const change = { set: [["uploader", to]] } as const;
			await this.storage.update(attachments, [attachment], change, [{ path: "uploader", eq: from }]);
		} catch (error) {
			// It's gone meanwhile.
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}

	/** Removes what somebody has uploaded, or was about to, and no message carries. */
	async eraseUnsent({ app, uploader }: Party): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(attachments, {
				index: "abandoned",
				hash: this.scope(app),
				limit: PAGE,
				cursor,
			});
			const theirs = page.records.filter((record) => record.state !== "deleted" && record.uploader === uploader);
			for (const record of theirs) await this.remove(app, record);
			cursor = page.cursor;
		} while (cursor);
	}

	/** Removes up to 100 files of an app that no message came to carry in a day; answers how many. */
	async removeAbandoned(app: string): Promise<number> {
		const query = { index: "abandoned", hash: this.scope(app), range: { before: this.clock() }, limit: PAGE } as const;
		const { records } = await this.storage.query(attachments, query);
		let removed = 0;
		for (const record of records) if (await this.removeIfAbandoned(app, record)) removed++;
		return removed;
	}

	/** Makes it the conversation's for good. */
	private async take(key: string, record: ReadyAttachment, place: string): Promise<ReadyAttachment> {
		if (record.conversation === place && record.abandonedIn === undefined) return record;
		const isFree = record.conversation === undefined;
		try {
			const taken = await this.storage.update(
				attachments,
				[record.attachment],
				{ set: [["conversation", place]], remove: ["abandonedIn", "abandonedAt"] },
				[
					{ path: "state", eq: "ready" },
					isFree ? { path: "conversation", exists: false } : { path: "conversation", eq: place },
				],
			);
			return taken as ReadyAttachment;
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
			const now = live(await this.storage.get(attachments, [record.attachment]));
			if (now.state !== "ready" || now.conversation !== place) throw new RouterError("attachment_unknown");
			return this.take(key, now, place);
		}
	}

	private async removeIfAbandoned(app: string, record: AttachmentRecord): Promise<boolean> {
		try {
			await this.storage.delete(attachments, [record.attachment], [{ path: "abandonedIn", exists: true }]);
		} catch (error) {
			// A message has come to carry it.
			if (error instanceof ConditionFailed) return false;
			throw error;
		}
		await this.blobs.delete(`${app}/${idOf(record)}`);
		return true;
	}

	private async remove(app: string, record: AttachmentRecord): Promise<void> {
		const key = `${app}/${idOf(record)}`;
		await this.blobs.delete(key);
		await this.storage.delete(attachments, [record.attachment]);
		// Somebody may have served it between the two.
		await this.blobs.delete(key);
	}

	/** The key that a reference names; only keys of this app are any. */
	private async keyOf(app: string, reference: string): Promise<string> {
		const id = reference.slice(reference.lastIndexOf("/") + 1);
		const key = `${app}/${id}`;
		const isOurs = ID.test(id) && (reference === key || reference === (await this.blobs.address(key)));
		if (isOurs) return key;
		throw new RouterError("attachment_unknown");
	}

	private async view(key: string, { name, contentType, size }: ReadyAttachment): Promise<Attachment> {
		return { key, name, contentType, size, url: await this.blobs.address(key) };
	}

	private scope(app: string): string {
		return `${this.topic}/${app}`;
	}

	private recordKey(key: string): string {
		return `${this.topic}/${key}`;
	}
}

const ID = /^[\w-]{22}$/;

/** The record, if this party's messages in this place may carry it. */
function permitted(record: AttachmentRecord | undefined, place: string, { uploader }: Party): LiveAttachment {
	const found = live(record);
	const isTheirs = found.conversation === undefined || found.conversation === place;
	const isCarried = found.abandonedIn === undefined;
	if (isTheirs && (isCarried || found.uploader === uploader)) return found;
	throw new RouterError("attachment_unknown");
}

function idOf({ attachment }: AttachmentRecord): string {
	return attachment.slice(attachment.lastIndexOf("/") + 1);
}
