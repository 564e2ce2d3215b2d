import * as z from "zod/mini";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";

/** What is asked of `requestUpload`. That the name, type and size fit is checked there, each with a code of its own. */
export const uploadRequest = z.strictObject({
	/** The file's name, without folders; only ever shown. */
	fileName: nonEmpty(LIMITS.nameLength),
	/** One of nine types, in small letters and without parameters: the `PUT` has to say the same. */
	contentType: nonEmpty(LIMITS.nameLength),
	/** Bytes: the `PUT` has to bring exactly as many. */
	fileSize: z.int().check(z.minimum(0)),
});

export type UploadRequest = z.infer<typeof uploadRequest>;

/** The same over REST: where the message will be said, as far as that's known. */
export const wantedUpload = z.extend(uploadRequest, {
	conversationId: z.optional(nonEmpty(LIMITS.idLength)),
});

/** Where a file is to be put, and what a message carries then. */
export interface UploadTicket {
	/** Takes one `PUT` of the file, with its `Content-Type`. */
	readonly uploadUrl: string;
	/** What a message carries. Opens when a message has carried it. */
	readonly attachmentUrl: string;
	/** Ours; a message may carry it in place of the address. */
	readonly key: string;
	/** Seconds. */
	readonly expiresIn: number;
}

/** An attachment as messages show it. */
export interface Attachment {
	readonly key: string;
	readonly name: string;
	readonly contentType: string;
	/** Bytes. */
	readonly size: number;
	readonly url: string;
}
