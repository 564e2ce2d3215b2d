import { mkdir, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { FolderBlobStore } from "../../src/blobs/folder/index.js";
import { blobStoreSuite } from "../../src/testing/blobStoreSuite.js";
import { openFolderBlobs } from "../support/blobStores.js";
import { eventually } from "../support/eventually.js";

describe("the contract, where anybody may read", () => {
	blobStoreSuite(test, () => openFolderBlobs());
});

describe("the contract, where only signed addresses open", () => {
	blobStoreSuite(test, () => openFolderBlobs({ reading: "signed" }));
});

let clock: { ms: number };
let errors: unknown[];
let opened: Awaited<ReturnType<typeof openFolderBlobs>>;

beforeEach(async () => {
	clock = { ms: Date.now() };
	errors = [];
	opened = await openFolderBlobs({ onError: (error) => errors.push(error) }, () => clock.ms);
});
afterEach(() => opened.close());

const KEY = "shop/file";
const upload = { key: KEY, contentType: "image/png", size: 4, expiresInS: 300 } as const;

function put(address: string, body = "1234"): Promise<Response> {
	return fetch(address, { method: "PUT", headers: { "Content-Type": "image/png" }, body });
}

function serve(text = "text"): Promise<void> {
	const bytes = Buffer.from(text);
	const how = { contentType: "text/plain", disposition: "attachment", fileName: "a.txt" } as const;
	return opened.store.promote({ key: KEY, bytes, ...how });
}

test("an address ends after its five minutes, not before", async () => {
	const address = await opened.store.uploadAddress(upload);
	clock.ms += 299_000;
	expect((await put(address)).status).toBe(200);
	clock.ms += 2_000;
	const late = await put(address);
	expect(late.status).toBe(403);
	expect(await late.json()).toMatchObject({ code: "address_refused", status: 403 });
});

test("addresses of another secret are refused", async () => {
	const { folder, publicUrl } = opened;
	const other = await FolderBlobStore.open({ folder, publicUrl, secret: "other", clock: () => clock.ms });
	expect((await put(await other.uploadAddress(upload))).status).toBe(403);
	await serve();
	expect((await fetch(await other.address(KEY, 60))).status).toBe(403);
});

test("what is served runs nowhere and is kept by no shared cache", async () => {
	await serve();
	const { headers } = await fetch(await opened.store.address(KEY));
	expect(Object.fromEntries(headers)).toMatchObject({
		"x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
		"cross-origin-resource-policy": "cross-origin",
		"cache-control": "private, max-age=3600",
	});
});

test("HEAD says the same as GET, without the file", async () => {
	await serve();
	const address = await opened.store.address(KEY);
	const [got, headed] = [await fetch(address), await fetch(address, { method: "HEAD" })];
	const varies = new Set(["date", "connection", "keep-alive"]);
	const comparable = ({ status, headers }: Response) => [status, [...headers].filter(([name]) => !varies.has(name))];
	expect(comparable(headed)).toEqual(comparable(got));
	expect(await headed.text()).toBe("");
});

test.each(["POST", "DELETE", "PATCH"])("%s is not for files", async (method) => {
	await serve();
	expect((await fetch(await opened.store.address(KEY), { method })).status).toBe(405);
	expect(await opened.store.head("served", KEY)).toEqual({ size: 4 });
});

test.each([
	"/files/../../etc/passwd",
	"/files/shop/../../served/shop/file",
	"/files/shop/%2e%2e/file",
	"/files/..%2fserved/file",
	"/files/shop/file.json",
	"/files/shop%2ffile",
	"/files//shop/file",
	"/files/shop\\file",
	"/files/shop/file/",
	"/shop/file",
	"/quarantine/shop/file",
])("the path %s leads nowhere, for reading and writing", async (path) => {
	await serve();
	const { search } = new URL(await opened.store.uploadAddress(upload));
	for (const method of ["GET", "PUT"]) {
		const status = await rawStatus(`${method} ${path}${method === "PUT" ? search : ""} HTTP/1.1`);
		expect(status).toMatch(/^HTTP\/1.1 40[034]/);
	}
	expect(await filesIn("quarantine")).toEqual([]);
});

test("a file whose sender hangs up in the middle leaves nothing, and is nobody's error", async () => {
	const address = new URL(await opened.store.uploadAddress(upload));
	const socket = connect(Number(address.port), address.hostname);
	const path = `${address.pathname}${address.search}`;
	socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n12`);
	await eventually(async () => expect(await filesIn("partial")).toHaveLength(1));
	socket.destroy();
	await eventually(async () => expect(await filesIn("partial")).toEqual([]));
	expect(await filesIn("quarantine")).toEqual([]);
	expect(errors).toEqual([]);
});

test("what an earlier process left half written is removed at opening", async () => {
	const { folder, publicUrl } = opened;
	await writeFile(join(folder, "partial", "left"), "half");
	await FolderBlobStore.open({ folder, publicUrl, secret: "folder-secret" });
	expect(await filesIn("partial")).toEqual([]);
});

test("a folder that can't be written is said, to the operator and to the client", async () => {
	const address = await opened.store.uploadAddress(upload);
	await writeFile(join(opened.folder, "quarantine"), "a file where the folder should be");
	const answer = await put(address);
	expect(answer.status).toBe(503);
	expect(await answer.json()).toMatchObject({ status: 503 });
	expect(errors).toHaveLength(1);
	expect(await filesIn("partial")).toEqual([]);
});

test("what stays in quarantine is purged after its time, the rest isn't", async () => {
	await put(await opened.store.uploadAddress(upload));
	await put(await opened.store.uploadAddress({ ...upload, key: "shop/newer" }));
	await serve();
	const old = new Date(clock.ms - 60_000);
	for (const area of ["quarantine", "served"]) {
		await mkdir(join(opened.folder, area, "shop"), { recursive: true });
		await writeFile(join(opened.folder, area, KEY), "old");
		await utimes(join(opened.folder, area, KEY), old, old);
	}
	expect(await opened.store.purgeQuarantine(30_000)).toBe(1);
	expect(await filesIn("quarantine")).toEqual(["newer"]);
	expect(await opened.store.head("served", KEY)).toEqual({ size: 3 });
	expect(await opened.store.purgeQuarantine(30_000)).toBe(0);
});

test("files are for this user only", async () => {
	await put(await opened.store.uploadAddress(upload));
	const path = join(opened.folder, "quarantine", KEY);
	expect((await stat(path)).mode & 0o077).toBe(0);
});

async function filesIn(area: string): Promise<string[]> {
	const found = await readdir(join(opened.folder, area), { recursive: true, withFileTypes: true }).catch(
		(error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT") return [];
			throw error;
		},
	);
	return found.filter((each) => each.isFile()).map(({ name }) => name);
}

/** The first line that's answered to a request line as it stands: clients would tidy its path. */
function rawStatus(line: string): Promise<string> {
	const { port, hostname } = new URL(opened.publicUrl);
	const socket = connect(Number(port), hostname);
	socket.write(
		`${line}\r\nHost: ${hostname}:${port}\r\nContent-Type: image/png\r\nContent-Length: 4\r\nConnection: close\r\n\r\n1234`,
	);
	return new Promise((resolve, reject) => {
		socket.once("data", (data) => {
			socket.destroy();
			resolve(String(data).split("\r\n")[0] ?? "");
		});
		socket.once("error", reject);
	});
}
