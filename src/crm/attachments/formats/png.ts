import { type Finding, mismatch, unsafe } from "./Finding.js";
import { hiddenInPicture } from "./hidden.js";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const HEADER_LENGTH = 13;

export function pngFault(bytes: Buffer): Finding | undefined {
	const end = endOfPng(bytes);
	if (end === undefined) return mismatch("This is no whole PNG picture.");
	if (end < bytes.length) return unsafe("Something follows the picture.");
	return hiddenInPicture(bytes);
}

/** Where the picture's last chunk ends; undefined if the chunks don't lead there. */
function endOfPng(bytes: Buffer): number | undefined {
	if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined;
	let at = SIGNATURE.length;
	let hasData = false;
	// A chunk: its length, its type, as many bytes, a checksum.
	while (at + 12 <= bytes.length) {
		const length = bytes.readUInt32BE(at);
		const type = bytes.toString("latin1", at + 4, at + 8);
		if (at === SIGNATURE.length && (type !== "IHDR" || length !== HEADER_LENGTH)) return undefined;
		if (type === "IDAT") hasData = true;
		at += 12 + length;
		if (type === "IEND") return hasData && at <= bytes.length ? at : undefined;
	}
	return undefined;
}
