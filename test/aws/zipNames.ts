import { readFileSync } from "node:fs";

/** The names of the files in a zip, by its central directory. */
export function zipNames(file: string): string[] {
	const zip = readFileSync(file);
	const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
	const count = zip.readUInt16LE(end + 10);
	const names: string[] = [];
	for (let at = zip.readUInt32LE(end + 16), i = 0; i < count; i++) {
		const length = zip.readUInt16LE(at + 28);
		names.push(zip.toString("utf8", at + 46, at + 46 + length));
		at += 46 + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
	}
	return names;
}
