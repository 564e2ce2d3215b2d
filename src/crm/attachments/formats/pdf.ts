import { type Finding, mismatch } from "./Finding.js";
import { hiddenArchive, hiddenAtStart } from "./hidden.js";

const TAIL_BYTES = 1_024;

/** Readers take a header somewhere in the first bytes; here it has to be the first. */
export function pdfFault(bytes: Buffer): Finding | undefined {
	if (!/^%PDF-\d\.\d/.test(bytes.toString("latin1", 0, 8))) return mismatch("This doesn't begin as a PDF does.");
	if (!bytes.subarray(-TAIL_BYTES).includes("%%EOF")) return mismatch("This is no whole PDF.");
	return hiddenAtStart(bytes) ?? hiddenArchive(bytes);
}
