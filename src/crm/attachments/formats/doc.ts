import { type Finding, mismatch, unsafe } from "./Finding.js";
import { hiddenArchive } from "./hidden.js";

/** Of a compound file: old Office documents, but also installers and mails. */
const SIGNATURE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
/** An entry of a compound file's directory, which begins with its name. */
const ENTRY_BYTES = 128;

export function docFault(bytes: Buffer): Finding | undefined {
	const isCompound = bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
	if (!isCompound || !hasEntry(bytes, "WordDocument")) return mismatch("This is no Word document.");
	if (hasEntry(bytes, "_VBA_PROJECT") || hasEntry(bytes, "Macros")) return unsafe("There are macros in the document.");
	return hiddenArchive(bytes);
}

function hasEntry(bytes: Buffer, name: string): boolean {
	const written = Buffer.from(`${name}\0`, "utf16le");
	let at = bytes.indexOf(written);
	while (at >= 0 && at % ENTRY_BYTES !== 0) at = bytes.indexOf(written, at + 1);
	return at >= 0;
}
