import { describe, expect, test } from "@jest/globals";
import { displayName } from "../../src/crm/attachments/fileName.js";
import { type ContentType, FILE_TYPES } from "../../src/crm/attachments/fileTypes.js";
import { inspect } from "../../src/crm/attachments/inspect.js";
import { archive, CSV, chunk, compound, DOC, DOCX, GIF, JPEG, PDF, PNG, png, TXT, WEBP } from "./files.js";

const DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const WHOLE: Record<ContentType, Buffer> = {
	"image/jpeg": JPEG,
	"image/png": PNG,
	"image/gif": GIF,
	"image/webp": WEBP,
	"application/pdf": PDF,
	"application/msword": DOC,
	[DOCX_TYPE]: DOCX,
	"text/plain": TXT,
	"text/csv": CSV,
};
const TYPES = Object.keys(FILE_TYPES) as ContentType[];
const BINARY = TYPES.filter((type) => !type.startsWith("text/"));

function join(...parts: readonly (string | Uint8Array)[]): Buffer {
	return Buffer.concat(parts.map((each) => (typeof each === "string" ? Buffer.from(each, "latin1") : each)));
}

/** A document with its directory's first entry changed. */
function withFirstEntry(change: (file: Buffer, at: number) => void): Buffer {
	const file = Buffer.from(DOCX);
	change(file, file.indexOf("PK\x01\x02"));
	return file;
}

describe("a whole file", () => {
	test.each(TYPES)("of type %s passes", (type) => {
		expect(inspect(WHOLE[type], type)).toBeUndefined();
	});

	test.each(TYPES)("of type %s is no other type", (type) => {
		const others = TYPES.filter((other) => other !== type && !(type.startsWith("text/") && other.startsWith("text/")));
		const passed = others.filter((other) => inspect(WHOLE[type], other) === undefined);
		expect(passed).toEqual([]);
	});

	test("is found inside of a larger buffer too", () => {
		const around = join("<script>", PNG, "<script>");
		expect(inspect(new Uint8Array(around.buffer, around.byteOffset + 8, PNG.length), "image/png")).toBeUndefined();
	});

	test("of compressed noise, 10 MB of it, isn't taken for markup", () => {
		let state = 1;
		const noise = Buffer.alloc(10_000_000);
		for (let i = 0; i < noise.length; i++) {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			noise[i] = state >>> 24;
		}
		const [header, end] = [PNG.subarray(8, 33), PNG.subarray(-12)];
		expect(inspect(png([header, chunk("IDAT", noise), end]), "image/png")).toBeUndefined();
	});

	test("of a camera may hold a second picture and a film", () => {
		const metadata = "\xff\xe1\x00\x0cExif\0\0\0\0\0\0";
		const photo = join(JPEG.subarray(0, 2), metadata, JPEG.subarray(2), JPEG, "ftypmp42");
		expect(inspect(photo, "image/jpeg")).toBeUndefined();
	});

	test("of another main part, or a PDF with revisions, passes", () => {
		expect(
			inspect(archive("[Content_Types].xml", "word/document2.xml", "docProps/app.xml"), DOCX_TYPE),
		).toBeUndefined();
		expect(inspect(join("%PDF-2.0\n", PDF, PDF, "\n\n"), "application/pdf")).toBeUndefined();
	});
});

describe("a broken file", () => {
	test.each(BINARY)("of type %s, cut anywhere, is refused", (type) => {
		const bytes = WHOLE[type];
		const lengths = Array.from({ length: bytes.length }, (_, i) => i);
		// A compound file's directory may be followed by anything, so only its beginning is looked at; so is a PDF's last line end.
		const least =
			type === "application/msword" ? 512 + 128 : type === "application/pdf" ? bytes.length - 2 : bytes.length - 1;
		const passed = lengths.filter((length) => length <= least && !inspect(bytes.subarray(0, length), type));
		expect(passed).toEqual([]);
	});

	test.each(BINARY)("of type %s, with any one byte more before it, is refused", (type) => {
		for (const byte of [0, 0x0a, 0x20, 0x3c, 0xff]) {
			expect(inspect(join(String.fromCharCode(byte), WHOLE[type]), type)).toMatchObject({ code: "file_mismatch" });
		}
	});
});

describe("something else in a file is refused as unsafe", () => {
	const cases: [string, ContentType, Buffer][] = [
		[
			"a GIF that is a script: a comment where its width is",
			"image/gif",
			join("GIF89a/*", GIF.subarray(8), "*/=1;alert(1)"),
		],
		["a whole GIF with that width", "image/gif", join("GIF89a/*", GIF.subarray(8))],
		["a GIF that is a script: an assignment", "image/gif", join("GIF89a=1;alert(document.cookie)//")],
		["a script after a GIF", "image/gif", join(GIF, "/*alert(1)*/")],
		["markup in a GIF's comment", "image/gif", join(GIF.subarray(0, -1), "!\xfe\x19<script>alert(1)</script>\0;")],
		["a page after a JPEG", "image/jpeg", join(JPEG, "<html><body onload=alert(1)>")],
		["an archive after a JPEG", "image/jpeg", join(JPEG, archive("evil.class"))],
		[
			"PHP in a JPEG's comment",
			"image/jpeg",
			join(JPEG.subarray(0, 2), "\xff\xfe\x00\x16<?php system('ls')?>", JPEG.subarray(2)),
		],
		[
			"a PDF in a JPEG's comment",
			"image/jpeg",
			join(JPEG.subarray(0, 2), "\xff\xfe\x00\x0a%PDF-1.4", JPEG.subarray(2)),
		],
		["bytes after a PNG", "image/png", join(PNG, "\0")],
		[
			"markup in a PNG's text",
			"image/png",
			png([PNG.subarray(8, 33), chunk("tEXt", Buffer.from("Comment\0<SCRIPT\n>")), PNG.subarray(33)]),
		],
		["bytes after a WebP", "image/webp", join(WEBP, "<svg onload=alert(1)>")],
		["a page in a PDF's beginning", "application/pdf", join("%PDF-1.4\n<script>alert(1)</script>\n", PDF)],
		["an archive at a PDF's end", "application/pdf", join(PDF, archive("evil.class"))],
		["macros in a DOC", "application/msword", compound("WordDocument", "Macros", "_VBA_PROJECT")],
		["macros in a DOCX", DOCX_TYPE, archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")],
		["a program in a DOCX", DOCX_TYPE, archive("[Content_Types].xml", "word/document.xml", "word/embeddings/run.exe")],
		[
			"names of other folders in a DOCX",
			DOCX_TYPE,
			archive("[Content_Types].xml", "word/document.xml", "../../etc/cron.d/x"),
		],
		["a part before a DOCX's first", DOCX_TYPE, withFirstEntry((file, at) => file.writeUInt32LE(1, at + 42))],
		["a page as text", "text/plain", Buffer.from("<!DOCTYPE html><p>hello")],
		["a page as text, after white space", "text/plain", Buffer.from("\n \t<HTML>")],
		["an SVG as text", "text/plain", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
		["XML as text", "text/csv", Buffer.from("\uFEFF<?xml version='1.0'?>")],
		["a script behind the first line of a table", "text/csv", Buffer.from("a,b\n<script>alert(1)</script>,1\n")],
		["a PDF as text", "text/plain", Buffer.from("%PDF-1.4\n1 0 obj")],
	];
	test.each(cases)("%s", (_, type, bytes) => {
		expect(inspect(bytes, type)).toMatchObject({ code: "file_unsafe", reason: expect.stringMatching(/^[A-Z].*\.$/) });
	});
});

describe("what isn't the type it says is a mismatch", () => {
	const cases: [string, ContentType, Buffer][] = [
		["a program as a picture", "image/png", join("MZ\x90\0\x03\0\0\0")],
		["a page as a picture", "image/jpeg", Buffer.from("<html><script>alert(1)</script></html>")],
		["a page before a PDF", "application/pdf", join("<script>alert(1)</script>\n", PDF)],
		["an old table as a document", "application/msword", compound("Workbook")],
		["a table as a document", DOCX_TYPE, archive("[Content_Types].xml", "xl/workbook.xml")],
		["a JPEG without a frame", "image/jpeg", join(JPEG.subarray(0, 20), JPEG.subarray(33))],
		["a PNG without a picture", "image/png", png([PNG.subarray(8, 33), chunk("IEND")])],
		["a compound file that only mentions Word's name", "application/msword", compound("--WordDocument")],
		["an encrypted document", DOCX_TYPE, withFirstEntry((file, at) => file.writeUInt16LE(1, at + 8))],
		["something that begins as an archive before a document", DOCX_TYPE, join("PK\x03\x04evil", DOCX)],
		["any archive as a document", DOCX_TYPE, archive("a.txt")],
		["NUL in a text", "text/plain", Buffer.from("a\0b")],
		["an escape in a text", "text/csv", Buffer.from("a\x1b[31mb")],
		["Latin-1", "text/plain", Buffer.from("Gr\xfc\xdfe", "latin1")],
		["UTF-16", "text/plain", Buffer.from("\uFEFFabc", "utf16le")],
		["half a character at the end", "text/plain", Buffer.from("ü").subarray(0, 1)],
	];
	test.each(cases)("%s", (_, type, bytes) => {
		expect(inspect(bytes, type)).toMatchObject({ code: "file_mismatch", reason: expect.stringMatching(/^[A-Z].*\.$/) });
	});
});

describe("a file's name", () => {
	test.each([
		["photo.jpg", "photo.jpg"],
		["PHOTO.JPEG", "PHOTO.JPEG"],
		["  my   photo\u00a0.jpg ", "my photo .jpg"],
		["Gru\u0308ße 你好 👋.jpg", "Grüße 你好 👋.jpg"],
		["report v1.2.final.jpg", "report v1.2.final.jpg"],
		["pdf.\u202egnp.jpg", "pdf.gnp.jpg"],
	])("%j is shown as %j", (given, shown) => {
		expect(displayName(given, "image/jpeg")).toBe(shown);
	});

	test.each([
		["../photo.jpg", "file_name_invalid"],
		["..\\photo.jpg", "file_name_invalid"],
		["/etc/photo.jpg", "file_name_invalid"],
		["C:photo.jpg", "file_name_invalid"],
		["a\0.jpg", "file_name_invalid"],
		["a\r\nb.jpg", "file_name_invalid"],
		["\ud800.jpg", "file_name_invalid"],
		[".jpg", "file_name_invalid"],
		["..jpg", "file_name_invalid"],
		["   ", "file_name_invalid"],
		["\u200b.jpg", "file_name_invalid"],
		[`${"a".repeat(197)}.jpg`, "file_name_invalid"],
		["invoice.exe.jpg", "file_name_invalid"],
		["page.html.jpg", "file_name_invalid"],
		["gpj.\u202eexe.jpg", "file_name_invalid"],
		["photo.jpg.exe", "file_type_forbidden"],
		["photo.exe", "file_type_forbidden"],
		["photo.png", "file_type_forbidden"],
		["photo", "file_type_forbidden"],
		["jpg", "file_type_forbidden"],
		["photo.jpg.", "file_type_forbidden"],
		["photo.svg", "file_type_forbidden"],
	])("%j is refused with %s", (name, code) => {
		expect(() => displayName(name, "image/jpeg")).toThrow(expect.objectContaining({ code }));
	});
});
