import { type Finding, mismatch } from "./Finding.js";
import { hiddenInPicture } from "./hidden.js";

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
/** C4, C8 and CC, in the same range, are tables and extensions. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);

/** Cameras put a second picture or a film after the first one, so something may follow the end. */
export function jpegFault(bytes: Buffer): Finding | undefined {
	const scan = startOfScan(bytes);
	if (scan === undefined || !bytes.includes(END_OF_IMAGE, scan)) return mismatch("This is no whole JPEG picture.");
	return hiddenInPicture(bytes);
}

/** Where the first scan begins, after a frame's header; undefined if the segments before don't lead there. */
function startOfScan(bytes: Buffer): number | undefined {
	if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
	let hasFrame = false;
	let at = 2;
	while (at + 4 <= bytes.length) {
		if (bytes[at] !== 0xff) return undefined;
		const marker = bytes[at + 1] ?? 0;
		if (marker === 0xff) {
			at += 1;
			continue;
		}
		if (marker === START_OF_SCAN) return hasFrame ? at : undefined;
		if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9)) return undefined;
		if (FRAMES.has(marker)) hasFrame = true;
		at += 2 + bytes.readUInt16BE(at + 2);
	}
	return undefined;
}
