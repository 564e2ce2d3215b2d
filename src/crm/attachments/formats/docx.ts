import { type Finding, mismatch, unsafe } from "./Finding.js";
import { endOfArchive } from "./hidden.js";

const LOCAL_ENTRY = 0x04034b50;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const ENCRYPTED = 1;
/** Parts that run code. */
const RUNNABLE = /(?:^|\/)vba[^/]*\.bin$|\.(?:exe|dll|js|vbs|html?)$/i;
/** Names that would leave the folder that an archive is unpacked in. */
const LEAVES = /(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[a-z]:|\0/i;

interface Part {
	readonly name: string;
	readonly isEncrypted: boolean;
	/** Where its content is. */
	readonly at: number;
}

export function docxFault(bytes: Buffer): Finding | undefined {
	const parts = partsOf(bytes);
	const names = new Set(parts?.map(({ name }) => name));
	if (!parts || !names.has("[Content_Types].xml") || !parts.some(({ name }) => name.startsWith("word/")))
		return mismatch("This is no Word document.");
	if (parts.some(({ isEncrypted }) => isEncrypted)) return mismatch("The document is encrypted.");
	if (parts.some(({ name }) => LEAVES.test(name))) return unsafe("There are parts with names of other folders in it.");
	if (parts.some(({ name }) => RUNNABLE.test(name))) return unsafe("There are macros or programs in the document.");
	const isFirst = parts.some(({ at }) => at === 0);
	return isFirst ? undefined : unsafe("Something precedes the document.");
}

/** The archive's directory; undefined if it isn't whole, or not the last thing in the file. */
function partsOf(bytes: Buffer): Part[] | undefined {
	const end = endOfArchive(bytes);
	if (end === undefined || bytes.readUInt32LE(0) !== LOCAL_ENTRY) return undefined;
	const count = bytes.readUInt16LE(end + 10);
	const start = bytes.readUInt32LE(end + 16);
	if (start + bytes.readUInt32LE(end + 12) !== end) return undefined;
	const parts: Part[] = [];
	let at = start;
	while (at + ENTRY_BYTES <= end && bytes.readUInt32LE(at) === ENTRY) {
		const nameLength = bytes.readUInt16LE(at + 28);
		parts.push({
			name: bytes.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength),
			isEncrypted: (bytes.readUInt16LE(at + 8) & ENCRYPTED) !== 0,
			at: bytes.readUInt32LE(at + 42),
		});
		at += ENTRY_BYTES + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
	}
	return at === end && parts.length === count ? parts : undefined;
}
