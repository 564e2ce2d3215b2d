import { RouterError } from "../protocol/errors.js";
import type { StentorRequest } from "../protocol/stentor.js";
import type { Storage } from "../storage/Storage.js";
import type { Of } from "./commands.js";
import { messageIdKey, partsOf } from "./identity.js";
import type { FileDesk } from "./ports.js";
import { messageIds } from "./records.js";
import { AlreadyAppended } from "./SessionLog.js";
import { digestOf } from "./speaking.js";

/** Whoever sends a message. */
interface From {
	readonly participantId: string;
	readonly role: "visitor" | "agent";
	readonly user: string;
}

/** Has the files of messages looked at before they're passed on. */
export class Files {
	constructor(
		private readonly storage: Storage,
		private readonly desk: FileDesk | undefined,
	) {}

	/** Whether nothing of this message needs to be looked at. */
	isPlain({ attachments }: Of<"message">): boolean {
		return this.desk === undefined || attachments === undefined || attachments.length === 0;
	}

	/**
	 * The message as it's passed on; `given` is what its client sent. Throws what the desk throws; for one that was said
	 * before, `AlreadyAppended` or `message_conflict`, whatever has become of its files.
	 */
	async lookedAt(
		message: Of<"message">,
		key: string,
		{ participantId, role, user }: From,
	): Promise<{ readonly message: Of<"message">; readonly given?: StentorRequest }> {
		if (!this.desk || !message.attachments || this.isPlain(message)) return { message };
		const { app, sessionId } = partsOf(key);
		const { attachments: named, request: given } = message;
		try {
			const attachments = await this.desk.admit({ app, sessionId, role, user, attachments: named });
			const request = { ...given, attributes: { ...given.attributes, attachments } };
			return { message: { ...message, attachments, request }, given };
		} catch (error) {
			if (message.messageId === undefined) throw error;
			const said = await this.storage.get(messageIds, messageIdKey(key, participantId, message.messageId));
			if (!said) throw error;
			throw said.digest === digestOf(given) ? new AlreadyAppended(said.seq) : new RouterError("message_conflict");
		}
	}
}
