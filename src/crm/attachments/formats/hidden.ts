import { type Finding, unsafe } from "./Finding.js";

/** What a browser or a server might run. Long enough not to turn up by chance in 10 MB of compressed picture. */
const RUNNABLE = /<(?:!doctype\s+html|(?:html|body|script|iframe)[\s>/]|\?php\s)|javascript:/i;
const PDF = Buffer.from("%PDF-");
/** PDF readers look for their header in as many bytes. */
const HEADER_BYTES = 1_024;
const ZIP_END = Buffer.from("PK\x05\x06");
const ZIP_END_BYTES = 22;

/** Markup or a script in a picture, or a picture that is a PDF or an archive as well. */
export function hiddenInPicture(bytes: Buffer): Finding | undefined {
	if (RUNNABLE.test(bytes.toString("latin1"))) return unsafe("There is markup or a script in the picture.");
	if (bytes.subarray(0, HEADER_BYTES).includes(PDF)) return unsafe("The picture is a PDF as well.");
	return hiddenArchive(bytes);
}

/** Markup where a browser would look for it. */
export function hiddenAtStart(bytes: Buffer): Finding | undefined {
	const isPage = RUNNABLE.test(bytes.toString("latin1", 0, HEADER_BYTES));
	return isPage ? unsafe("The file could be taken for a web page.") : undefined;
}

/** Archives are read from their end: whatever is before, a file that ends as one is one. */
export function hiddenArchive(bytes: Buffer): Finding | undefined {
	return endOfArchive(bytes) === undefined ? undefined : unsafe("The file is an archive as well.");
}

/** Where a zip archive's last record begins, if the bytes end with one. */
export function endOfArchive(bytes: Buffer): number | undefined {
	const earliest = Math.max(0, bytes.length - ZIP_END_BYTES - 0xffff);
	let at = bytes.lastIndexOf(ZIP_END);
	while (at >= earliest) {
		const commentAt = at + ZIP_END_BYTES;
		if (commentAt <= bytes.length && commentAt + bytes.readUInt16LE(at + 20) === bytes.length) return at;
		if (at === 0) break;
		at = bytes.lastIndexOf(ZIP_END, at - 1);
	}
	return undefined;
}
