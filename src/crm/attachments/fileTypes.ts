import { docFault } from "./formats/doc.js";
import { docxFault } from "./formats/docx.js";
import type { Finding } from "./formats/Finding.js";
import { gifFault } from "./formats/gif.js";
import { jpegFault } from "./formats/jpeg.js";
import { pdfFault } from "./formats/pdf.js";
import { pngFault } from "./formats/png.js";
import { textFault } from "./formats/text.js";
import { webpFault } from "./formats/webp.js";

export interface FileType {
	/** The endings that a name of this type may have, in small letters. */
	readonly extensions: readonly string[];
	/** Browsers show pictures by themselves; everything else they only save. */
	readonly disposition: "inline" | "attachment";
	/** What the bytes really are; nothing where they're a whole file of this type, with nothing else in it. */
	readonly fault: (bytes: Buffer) => Finding | undefined;
}

/** What may be sent, by its content type. */
export const FILE_TYPES = {
	"image/jpeg": { extensions: ["jpg", "jpeg"], disposition: "inline", fault: jpegFault },
	"image/png": { extensions: ["png"], disposition: "inline", fault: pngFault },
	"image/gif": { extensions: ["gif"], disposition: "inline", fault: gifFault },
	"image/webp": { extensions: ["webp"], disposition: "inline", fault: webpFault },
	"application/pdf": { extensions: ["pdf"], disposition: "attachment", fault: pdfFault },
	"application/msword": { extensions: ["doc"], disposition: "attachment", fault: docFault },
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {
		extensions: ["docx"],
		disposition: "attachment",
		fault: docxFault,
	},
	"text/plain": { extensions: ["txt"], disposition: "attachment", fault: textFault },
	"text/csv": { extensions: ["csv"], disposition: "attachment", fault: textFault },
} as const satisfies Record<string, FileType>;

export type ContentType = keyof typeof FILE_TYPES;

export function isContentType(text: string): text is ContentType {
	return Object.hasOwn(FILE_TYPES, text);
}
