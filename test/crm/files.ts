import { crc32Of } from "./crc32.js";

/** The smallest whole files of each type, and ways to put them together. */
export const JPEG = Buffer.from([
	...[0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x01, 0, 0],
	...[0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x01, 0x00, 0x01, 0x01, 0x01, 0x11, 0x00],
	...[0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0xd2, 0xff, 0xd9],
]);

/** A real one: a transparent dot. */
export const GIF = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

export const WEBP = Buffer.from("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA", "base64");

export const PNG = png([
	chunk("IHDR", Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0])),
	chunk("IDAT", Buffer.from("789c6360000002000100ffff03000006000557", "hex")),
	chunk("IEND"),
]);

export const PDF = Buffer.from(
	"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n",
	"latin1",
);

export const DOC = compound("WordDocument", "1Table");

export const DOCX = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml");

export const TXT = Buffer.from("Grüße,\r\n\tdie Rechnung 5 < 7 & 8 > 3 fehlt.\n");

export const CSV = Buffer.from("\uFEFFname;sum\nAda;1,5\n");

export function png(chunks: readonly Buffer[]): Buffer {
	return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks]);
}

export function chunk(type: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const sum = Buffer.alloc(4);
	sum.writeUInt32BE(crc32Of(body));
	return Buffer.concat([length, body, sum]);
}

/** An OLE compound file's outline: its signature, and a directory with these entries. */
export function compound(...entries: readonly string[]): Buffer {
	const file = Buffer.alloc(512 + 128 * (entries.length + 1));
	Buffer.from("d0cf11e0a1b11ae1", "hex").copy(file);
	for (const [i, name] of ["Root Entry", ...entries].entries()) file.write(`${name}\0`, 512 + 128 * i, "utf16le");
	return file;
}

/** A zip archive with these files, each with a few bytes in it, not compressed. */
export function archive(...names: readonly string[]): Buffer {
	const content = Buffer.from("<?xml version='1.0'?><a/>");
	const locals: Buffer[] = [];
	const directory: Buffer[] = [];
	let at = 0;
	for (const name of names.map((each) => Buffer.from(each))) {
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt32LE(crc32Of(content), 10);
		common.writeUInt32LE(content.length, 14);
		common.writeUInt32LE(content.length, 18);
		common.writeUInt16LE(name.length, 22);
		const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, content]);
		const rest = Buffer.alloc(14);
		rest.writeUInt32LE(at, 10);
		directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, rest, name]));
		locals.push(local);
		at += local.length;
	}
	const entries = Buffer.concat(directory);
	const end = Buffer.alloc(18);
	end.writeUInt16LE(names.length, 4);
	end.writeUInt16LE(names.length, 6);
	end.writeUInt32LE(entries.length, 8);
	end.writeUInt32LE(at, 12);
	return Buffer.concat([...locals, entries, Buffer.from("PK\x05\x06"), end]);
}
