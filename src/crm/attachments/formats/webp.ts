import { type Finding, mismatch, unsafe } from "./Finding.js";
import { hiddenInPicture } from "./hidden.js";

const HEADER_BYTES = 20;
const FIRST_CHUNKS = new Set(["VP8 ", "VP8L", "VP8X"]);

export function webpFault(bytes: Buffer): Finding | undefined {
	const end = endOfWebp(bytes);
	if (end === undefined || end > bytes.length) return mismatch("This is no whole WebP picture.");
	if (end < bytes.length) return unsafe("Something follows the picture.");
	return hiddenInPicture(bytes);
}

function endOfWebp(bytes: Buffer): number | undefined {
	if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "RIFF") return undefined;
	if (bytes.toString("latin1", 8, 12) !== "WEBP") return undefined;
	return FIRST_CHUNKS.has(bytes.toString("latin1", 12, 16)) ? 8 + bytes.readUInt32LE(4) : undefined;
}
