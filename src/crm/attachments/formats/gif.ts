import { type Finding, mismatch, unsafe } from "./Finding.js";
import { hiddenInPicture } from "./hidden.js";

const HEADER_BYTES = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
/** `GIF89a` is a name in JavaScript; what makes a script of it stands where a picture has its width. */
const GOES_ON_AS_SCRIPT = /^GIF8[79]a[\s=;,.([+-]*(?:\/[/*]|[\t\n\f\r -~]{7})/;

export function gifFault(bytes: Buffer): Finding | undefined {
	if (!/^GIF8[79]a/.test(bytes.toString("latin1", 0, 6))) return mismatch("This is no GIF picture.");
	if (GOES_ON_AS_SCRIPT.test(bytes.toString("latin1", 0, 32))) return unsafe("The picture is a script as well.");
	const end = endOfGif(bytes);
	if (end === undefined) return mismatch("This is no whole GIF picture.");
	if (end < bytes.length) return unsafe("Something follows the picture.");
	return hiddenInPicture(bytes);
}

/** Where the picture's trailer ends; undefined if the blocks don't lead there. */
function endOfGif(bytes: Buffer): number | undefined {
	if (bytes.length < HEADER_BYTES) return undefined;
	let at = HEADER_BYTES + colorTable(bytes[10] ?? 0);
	let hasImage = false;
	while (at < bytes.length) {
		const kind = bytes[at];
		if (kind === TRAILER) return hasImage ? at + 1 : undefined;
		if (kind === EXTENSION) {
			at = endOfBlocks(bytes, at + 2);
		} else if (kind === IMAGE) {
			hasImage = true;
			// The image's own header and color table, then the code size, then the data.
			at = endOfBlocks(bytes, at + 10 + colorTable(bytes[at + 9] ?? 0) + 1);
		} else return undefined;
	}
	return undefined;
}

function colorTable(flags: number): number {
	return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0;
}

/** Blocks begin with their length; an empty one is the last. */
function endOfBlocks(bytes: Buffer, start: number): number {
	let at = start;
	while (at < bytes.length) {
		const length = bytes[at] ?? 0;
		at += 1 + length;
		if (length === 0) break;
	}
	return at;
}
