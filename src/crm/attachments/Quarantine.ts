import type { BlobStore } from "../../blobs/BlobStore.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { FILE_TYPES } from "./fileTypes.js";
import { asError, inspect } from "./inspect.js";
import { attachments, type LiveAttachment, live, type ReadyAttachment } from "./records.js";

const WRONG_SIZE = { code: "file_mismatch", reason: "The file isn't as large as it was announced." } as const;

/** Where files lie until somebody has looked at them: they're served after that, or deleted. */
export class Quarantine {
	constructor(
		private readonly storage: Storage,
		private readonly blobs: BlobStore,
	) {}

	/**
	 * Looks at the file if nobody has yet. Throws `attachment_not_uploaded`, `file_mismatch` or `file_unsafe`, or what `live`
	 * does if it was deleted meanwhile.
	 */
	async release(key: string, record: LiveAttachment): Promise<ReadyAttachment> {
		if (record.state === "ready") return record;
		if (record.state === "refused") throw asError(record.finding);
		const { contentType, name, size } = record;
		const bytes = await this.blobs.read("quarantine", key, size + 1);
		if (!bytes) return this.promoted(key, record);
		const found = bytes.length === size ? inspect(bytes, contentType) : WRONG_SIZE;
		if (found) {
			const refused = await this.move(key, record, [
				["state", "refused"],
				["finding", { code: found.code, reason: found.reason }],
			]);
			if (refused.state === "refused") await this.blobs.delete(key);
			throw asError(found);
		}
		const { disposition } = FILE_TYPES[contentType];
		await this.blobs.promote({ key, bytes, contentType, disposition, fileName: name });
		return this.settle(key, record);
	}

	/** Quarantine is empty: somebody has promoted it just now, or died right after; or it was never uploaded. */
	private async promoted(key: string, record: LiveAttachment): Promise<ReadyAttachment> {
		if (await this.blobs.head("served", key)) return this.settle(key, record);
		throw new RouterError("attachment_not_uploaded");
	}

	private async settle(key: string, record: LiveAttachment): Promise<ReadyAttachment> {
		const settled = await this.move(key, record, [["state", "ready"]]);
		if (settled.state === "ready") return settled;
		throw new RouterError("attachment_unknown");
	}

	/** Changes a record that's still waiting; if it was deleted meanwhile, so is the file. */
	private async move(
		key: string,
		{ attachment }: LiveAttachment,
		set: readonly (readonly [string, string | { code: string; reason: string }])[],
	): Promise<LiveAttachment> {
		try {
			const waits = [{ path: "state", eq: "waiting" }] as const;
			return live(await this.storage.update(attachments, [attachment], { set }, waits));
		} catch (error) {
			if (!(error instanceof ConditionFailed)) throw error;
			const now = await this.storage.get(attachments, [attachment]);
			if (!now || now.state === "deleted") await this.blobs.delete(key);
			return live(now);
		}
	}
}
