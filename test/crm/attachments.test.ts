import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { BlobStore } from "../../src/blobs/BlobStore.js";
import { Attachments } from "../../src/crm/attachments/Attachments.js";
import { attachments } from "../../src/crm/attachments/records.js";
import type { UploadTicket } from "../../src/crm/attachments/schema.js";
import { uploadRequest } from "../../src/crm/attachments/schema.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../src/storage/Storage.js";
import { openFolderBlobs, openS3Blobs } from "../support/blobStores.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { GIF, PDF, PNG } from "./files.js";

const VISITOR = { app: "shop", uploader: "visitor-1" } as const;
const AGENT = { app: "shop", uploader: "agent-1" } as const;
const DAY = 24 * 60 * 60 * 1000;

type Clock = () => number;
type Blobs = { readonly store: BlobStore; close(): Promise<void> };

function put(ticket: UploadTicket, bytes: Uint8Array, type = "image/png"): Promise<Response> {
	return fetch(ticket.uploadUrl, { method: "PUT", headers: { "Content-Type": type }, body: bytes });
}

/** Whoever attaches at the same time as another process does, dies, or is slow: steps between reading and serving. */
class Interrupted implements BlobStore {
	before: (() => Promise<unknown>) | undefined;
	after: (() => Promise<unknown>) | undefined;
	constructor(private readonly store: BlobStore) {}
	uploadAddress: BlobStore["uploadAddress"] = (upload) => this.store.uploadAddress(upload);
	head: BlobStore["head"] = (area, key) => this.store.head(area, key);
	read: BlobStore["read"] = (area, key, first) => this.store.read(area, key, first);
	delete: BlobStore["delete"] = (key) => this.store.delete(key);
	address: BlobStore["address"] = (key, expiresInS) => this.store.address(key, expiresInS);
	async promote(promotion: Parameters<BlobStore["promote"]>[0]): Promise<void> {
		const { before, after } = this;
		this.before = undefined;
		this.after = undefined;
		await before?.();
		await this.store.promote(promotion);
		await after?.();
	}
}

function attachmentCases(open: (clock: Clock) => Promise<Storage>, openBlobs: () => Promise<Blobs>): void {
	let clock: { ms: number };
	let storage: Storage;
	let blobs: Blobs;
	let service: Attachments;
	/** Each test's own. */
	let topic: string;

	beforeEach(async () => {
		clock = { ms: Date.now() };
		storage = await open(() => clock.ms);
		blobs = await openBlobs();
		topic = `t${Math.random().toString(36).slice(2)}`;
		service = new Attachments({ topic, storage, blobs: blobs.store, clock: () => clock.ms });
	});
	afterEach(async () => {
		await storage.close();
		await blobs.close();
	});

	const request = (bytes: Uint8Array, fileName = "dot.png", contentType = "image/png") =>
		service.requestUpload(VISITOR, { fileName, contentType, fileSize: bytes.length });

	async function uploaded(bytes: Uint8Array = PNG, fileName?: string, contentType?: string): Promise<UploadTicket> {
		const ticket = await request(bytes, fileName, contentType);
		expect((await put(ticket, bytes, contentType)).status).toBe(200);
		return ticket;
	}

	test("a file goes in by two steps, and a message carries it", async () => {
		const ticket = await uploaded(PNG, "Ein Bild.png");
		expect(ticket).toEqual({
			uploadUrl: expect.stringContaining(ticket.key),
			attachmentUrl: expect.stringMatching(new RegExp(`/${ticket.key}$`)),
			key: expect.stringMatching(/^shop\/[\w-]{22}$/),
			expiresIn: 300,
		});
		expect((await fetch(ticket.attachmentUrl)).status).toBe(404);
		const [attached, ...others] = await service.attach(VISITOR, "c1", [ticket.attachmentUrl]);
		expect(others).toEqual([]);
		expect(attached).toEqual({
			key: ticket.key,
			name: "Ein Bild.png",
			contentType: "image/png",
			size: PNG.length,
			url: ticket.attachmentUrl,
		});
		const answer = await fetch(ticket.attachmentUrl);
		expect(Buffer.from(await answer.arrayBuffer())).toEqual(PNG);
		expect(answer.headers.get("content-type")).toBe("image/png");
		expect(answer.headers.get("content-disposition")).toMatch(/^inline;.*Ein%20Bild\.png$/);
		expect((await service.list("shop", "c1")).attachments).toEqual([attached]);
	});

	test("documents are only saved, never shown", async () => {
		const ticket = await uploaded(PDF, "a.pdf", "application/pdf");
		await service.attach(VISITOR, "c1", [ticket.key]);
		expect((await fetch(ticket.attachmentUrl)).headers.get("content-disposition")).toMatch(/^attachment;/);
	});

	test("a message's attachments keep their order; one named twice is one", async () => {
		const tickets = [
			await uploaded(PNG, "1.png"),
			await uploaded(GIF, "2.gif", "image/gif"),
			await uploaded(PNG, "3.png"),
		];
		const keys = tickets.map(({ key }) => key).reverse();
		const names = (await service.attach(VISITOR, "c1", [...keys, ...keys.slice(0, 1)])).map(({ name }) => name);
		expect(names).toEqual(["3.png", "2.gif", "1.png"]);
		expect((await service.attach(VISITOR, "c1", keys)).map(({ name }) => name)).toEqual(names);
		expect(await service.attach(VISITOR, "c1", [])).toEqual([]);
	});

	test("more attachments than a message may have are refused", async () => {
		const keys = Array.from({ length: LIMITS.attachments + 1 }, (_, i) => `shop/${i}`);
		await expect(service.attach(VISITOR, "c1", keys)).rejects.toMatchObject({ code: "attachments_too_many" });
	});

	test.each([
		["another type", { contentType: "image/svg+xml", fileName: "a.svg" }, "file_type_forbidden"],
		["a type with parameters", { contentType: "image/png; a=b" }, "file_type_forbidden"],
		["a type that objects inherit", { contentType: "constructor" }, "file_type_forbidden"],
		["another ending", { fileName: "a.png.exe" }, "file_type_forbidden"],
		["a path", { fileName: "../a.png" }, "file_name_invalid"],
		["nothing", { fileSize: 0 }, "file_too_large"],
		["10 MB and a byte", { fileSize: 10 * 1024 * 1024 + 1 }, "file_too_large"],
		["no number", { fileSize: Number.NaN }, "file_too_large"],
	])("%s is refused before anything is uploaded, and nothing is stored", async (_, changed, code) => {
		const asked = { fileName: "a.png", contentType: "image/png", fileSize: 5, ...changed };
		await expect(service.requestUpload(VISITOR, asked, "c1")).rejects.toMatchObject({ code });
		expect(await service.erase("shop", "c1")).toBe(0);
	});

	test("10 MB are not too much; a byte more isn't taken by the store", async () => {
		const text = Buffer.alloc(LIMITS.fileBytes, "a");
		const ticket = await request(text, "a.txt", "text/plain");
		const tooLong = await put(ticket, Buffer.concat([text, text.subarray(0, 1)]), "text/plain").then(
			({ status }) => status,
			() => "hung up",
		);
		expect([403, "hung up"]).toContain(tooLong);
		expect((await put(ticket, text, "text/plain")).status).toBe(200);
		expect(await service.attach(VISITOR, "c1", [ticket.key])).toMatchObject([{ size: LIMITS.fileBytes }]);
	});

	test("what wasn't uploaded can't be carried yet", async () => {
		const ticket = await request(PNG);
		await expect(service.attach(VISITOR, "c1", [ticket.key])).rejects.toMatchObject({
			code: "attachment_not_uploaded",
			retryable: true,
		});
		await put(ticket, PNG);
		expect(await service.attach(VISITOR, "c1", [ticket.key])).toHaveLength(1);
	});

	test.each([
		["a page that says it's a picture", Buffer.from("<html><script>alert(1)</script>"), "file_mismatch"],
		["a picture with a script after it", Buffer.concat([PNG, Buffer.from("<script>")]), "file_unsafe"],
	])("%s is never served, is deleted, and stays refused", async (_, bytes, code) => {
		const ticket = await uploaded(bytes);
		for (let i = 0; i < 2; i++) {
			await expect(service.attach(VISITOR, "c1", [ticket.key])).rejects.toMatchObject({ code });
		}
		expect((await fetch(ticket.attachmentUrl)).status).toBe(404);
		expect(await blobs.store.head("quarantine", ticket.key)).toBeUndefined();
		await put(ticket, bytes);
		await expect(service.attach(VISITOR, "c1", [ticket.key])).rejects.toMatchObject({ code });
		expect((await service.list("shop", "c1")).attachments).toEqual([]);
	});

	test("what is put after the looking isn't served", async () => {
		const ticket = await uploaded(PNG);
		const interrupted = new Interrupted(blobs.store);
		const evil = Buffer.from(PNG).fill(0x3c);
		interrupted.before = () => put(ticket, evil);
		await new Attachments({ topic, storage, blobs: interrupted }).attach(VISITOR, "c1", [ticket.key]);
		await put(ticket, evil);
		await service.attach(VISITOR, "c1", [ticket.key]);
		expect(Buffer.from(await (await fetch(ticket.attachmentUrl)).arrayBuffer())).toEqual(PNG);
	});

	test("only the uploader's messages carry it first, then those of its conversation", async () => {
		const ticket = await uploaded();
		const unknown = { code: "attachment_unknown" };
		await expect(service.attach(AGENT, "c1", [ticket.key])).rejects.toMatchObject(unknown);
		await service.attach(VISITOR, "c1", [ticket.key]);
		expect(await service.attach(AGENT, "c1", [ticket.key])).toHaveLength(1);
		await expect(service.attach(VISITOR, "c2", [ticket.key])).rejects.toMatchObject(unknown);
		await expect(service.attach(AGENT, "c2", [ticket.key])).rejects.toMatchObject(unknown);
	});

	test("one asked for in a conversation is for that one and its uploader", async () => {
		const asked = { fileName: "a.png", contentType: "image/png", fileSize: PNG.length };
		const ticket = await service.requestUpload(VISITOR, asked, "c1");
		await put(ticket, PNG);
		const unknown = { code: "attachment_unknown" };
		await expect(service.attach(VISITOR, "c2", [ticket.key])).rejects.toMatchObject(unknown);
		await expect(service.attach(AGENT, "c1", [ticket.key])).rejects.toMatchObject(unknown);
		expect((await service.list("shop", "c1")).attachments).toEqual([]);
		expect(await service.attach(VISITOR, "c1", [ticket.key])).toHaveLength(1);
	});

	test("nothing of another app, of another post office, or elsewhere can be carried", async () => {
		const ticket = await uploaded();
		const [, id] = ticket.key.split("/");
		const other = new Attachments({ topic: `${topic}x`, storage, blobs: blobs.store });
		await expect(other.attach(VISITOR, "c1", [ticket.key])).rejects.toMatchObject({ code: "attachment_unknown" });
		const elsewhere = ticket.attachmentUrl.replace("127.0.0.1", "evil.example");
		for (const [app, reference] of [
			["bank", ticket.key],
			["bank", `bank/${id}`],
			["bank", ticket.attachmentUrl],
			["shop", elsewhere],
			["shop", `${ticket.attachmentUrl}?x`],
			["shop", `shop/../shop/${id}`],
			["shop", `${id}`],
			["shop", ""],
		] as const) {
			const attaching = service.attach({ app, uploader: VISITOR.uploader }, "c1", [reference]);
			await expect(attaching).rejects.toMatchObject({ code: "attachment_unknown" });
		}
	});

	test("two messages at once that carry the same file both do; in two conversations one does", async () => {
		const [one, two] = [await uploaded(), await uploaded()];
		const same = await Promise.all([1, 2, 3].map(() => service.attach(VISITOR, "c1", [one.key])));
		expect(same.flat()).toHaveLength(3);
		const apart = await Promise.allSettled(["c1", "c2", "c3"].map((each) => service.attach(VISITOR, each, [two.key])));
		expect(apart.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		for (const each of apart) if (each.status === "rejected") expect(each.reason.code).toBe("attachment_unknown");
	});

	test("who comes after a process that died between serving and noting it goes on", async () => {
		const ticket = await uploaded();
		const interrupted = new Interrupted(blobs.store);
		interrupted.after = () => Promise.reject(new Error("died"));
		const dying = new Attachments({ topic, storage, blobs: interrupted });
		await expect(dying.attach(VISITOR, "c1", [ticket.key])).rejects.toThrow("died");
		expect(await service.attach(VISITOR, "c1", [ticket.key])).toHaveLength(1);
	});

	test("a deleted one is gone, and whoever asks is told", async () => {
		const ticket = await uploaded();
		await service.attach(VISITOR, "c1", [ticket.key]);
		await service.delete("shop", ticket.attachmentUrl);
		await service.delete("shop", ticket.key);
		expect((await fetch(ticket.attachmentUrl)).status).toBe(404);
		await expect(service.attach(VISITOR, "c1", [ticket.key])).rejects.toMatchObject({ code: "attachment_deleted" });
		expect((await service.list("shop", "c1")).attachments).toEqual([]);
		clock.ms += 31 * DAY;
		await expect(service.attach(VISITOR, "c1", [ticket.key])).rejects.toMatchObject({ code: "attachment_unknown" });
	});

	test.each(["delete", "erase"] as const)("%s while it's being looked at leaves no file", async (how) => {
		const asked = { fileName: "a.png", contentType: "image/png", fileSize: PNG.length };
		for (const when of ["before", "after"] as const) {
			const ticket = await service.requestUpload(VISITOR, asked, "c1");
			await put(ticket, PNG);
			const interrupted = new Interrupted(blobs.store);
			interrupted[when] = () => (how === "delete" ? service.delete("shop", ticket.key) : service.erase("shop", "c1"));
			const attaching = new Attachments({ topic, storage, blobs: interrupted }).attach(VISITOR, "c1", [ticket.key]);
			await expect(attaching).rejects.toMatchObject({ code: expect.stringMatching(/^attachment_(deleted|unknown)$/) });
			expect(await blobs.store.head("served", ticket.key)).toBeUndefined();
		}
	});

	test("erasing a conversation leaves no record and no file of it, and the others", async () => {
		const tickets = [await uploaded(), await uploaded(), await uploaded()];
		const kept = await uploaded();
		await service.attach(
			VISITOR,
			"c1",
			tickets.map(({ key }) => key),
		);
		await service.attach(VISITOR, "c2", [kept.key]);
		expect(await service.erase("shop", "c1")).toBe(3);
		for (const { key } of tickets) {
			expect(await storage.get(attachments, [`${topic}/${key}`])).toBeUndefined();
			expect(await blobs.store.head("served", key)).toBeUndefined();
		}
		expect(await service.attach(VISITOR, "c2", [kept.key])).toHaveLength(1);
		expect(await service.erase("shop", "c1")).toBe(0);
	});

	test("what no message carries in a day is removed, whatever became of it; the rest stays", async () => {
		const [never, waiting, carried, refused] = [
			await request(PNG),
			await uploaded(),
			await uploaded(),
			await uploaded(Buffer.from("<html>")),
		];
		await service.attach(VISITOR, "c1", [carried.key]);
		await expect(service.attach(VISITOR, "c1", [refused.key])).rejects.toMatchObject({ code: "file_mismatch" });
		clock.ms += DAY - 1;
		expect(await service.removeAbandoned("shop")).toBe(0);
		clock.ms += 60_000;
		expect(await service.removeAbandoned("bank")).toBe(0);
		expect(await service.removeAbandoned("shop")).toBe(3);
		for (const { key } of [never, waiting, refused]) {
			expect(await blobs.store.head("quarantine", key)).toBeUndefined();
			await expect(service.attach(VISITOR, "c1", [key])).rejects.toMatchObject({ code: "attachment_unknown" });
		}
		expect(await service.attach(VISITOR, "c1", [carried.key])).toHaveLength(1);
		expect(await service.removeAbandoned("shop")).toBe(0);
	});
}

const collections = [attachments];
const onMemory = async (clock: Clock) => new MemoryStorage({ collections, clock });

describe("on memory and a folder", () => {
	attachmentCases(onMemory, openFolderBlobs);
});

describe("on libsql and a folder", () => {
	attachmentCases((clock) => LibsqlStorage.open({ path: ":memory:", collections, clock }), openFolderBlobs);
});

describe("on memory and S3", () => {
	attachmentCases(onMemory, openS3Blobs);
});

await onDynamodbLocal(({ client }) => {
	describe("on DynamoDB and a folder", () => {
		let made: Promise<unknown> | undefined;
		attachmentCases(async (clock) => {
			made ??= createTables(client, collections);
			await made;
			return new DynamoStorage({ client, clock });
		}, openFolderBlobs);
	});
});

test("in a folder, the file's own name is nowhere in a path", async () => {
	const blobs = await openFolderBlobs();
	try {
		const service = new Attachments({ topic: "t", storage: await onMemory(Date.now), blobs: blobs.store });
		const asked = { fileName: "secret-name.png", contentType: "image/png", fileSize: PNG.length };
		const ticket = await service.requestUpload(VISITOR, asked);
		await put(ticket, PNG);
		await service.attach(VISITOR, "c1", [ticket.key]);
		const files = await readdir(join(blobs.folder), { recursive: true });
		expect(files.filter((each) => each.includes("secret-name"))).toEqual([]);
		expect(files).toContain(join("served", ...ticket.key.split("/")));
	} finally {
		await blobs.close();
	}
});

test("the request's schema names what is wrong", () => {
	const good = { fileName: "a.png", contentType: "image/png", fileSize: 1 };
	expect(uploadRequest.parse(good)).toEqual(good);
	for (const [field, value] of [
		["fileName", ""],
		["fileName", "a".repeat(201)],
		["contentType", 1],
		["fileSize", "1"],
		["fileSize", 1.5],
		["fileSize", -1],
		["extra", true],
	] as const) {
		const { error } = uploadRequest.safeParse({ ...good, [field]: value });
		const [issue] = error?.issues ?? [];
		expect([issue?.path[0], ...((issue as { keys?: string[] } | undefined)?.keys ?? [])]).toContain(field);
	}
});
