import * as z from "zod/mini";
import type { Attachment, UploadTicket } from "./schema.js";

/** Where a file is to be put, as the API tells it. */
export const uploadTicket: z.ZodMiniType<UploadTicket> = z
	.strictObject({
		uploadUrl: z
			.string()
			.with(z.meta({ description: "Takes one `PUT` of the file, with the `Content-Type` that was announced." })),
		attachmentUrl: z.string().with(z.meta({ description: "What a message carries. It opens once a message has." })),
		key: z.string(),
		expiresIn: z.int().with(z.meta({ description: "How long `uploadUrl` takes the file, in seconds." })),
	})
	.with(z.meta({ id: "UploadTicket" }));

/** A file of a message, as the API shows it. */
export const attachment: z.ZodMiniType<Attachment> = z
	.strictObject({
		key: z.string(),
		name: z.string(),
		contentType: z.string(),
		size: z.int().with(z.meta({ description: "In bytes." })),
		url: z.string().with(z.meta({ description: "Where it's read. It opens for a while only; ask again for another." })),
	})
	.with(z.meta({ id: "Attachment" }));
