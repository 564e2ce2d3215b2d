import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { BlobStore, Promotion } from "../blobs/BlobStore.js";
import { RouterError } from "../protocol/errors.js";
import { checksOf, type Runner } from "./checksOf.js";

/** A store with somebody answering at its addresses; `close` ends what `open` started. */
export interface BlobStoreUnderTest {
	readonly store: BlobStore;
	/** Whether addresses without a signature are set up to open here. */
	readonly isOpen: boolean;
	close(): Promise<void>;
}

const PNG = "image/png";
/** All values of a byte, twice. */
const BYTES = Uint8Array.from({ length: 512 }, (_, i) => i % 256);

/**
 * The contract of `BlobStore` as tests; each gets a fresh one from `open`. `test` is the runner's, e.g. jest's.
 *
 * ```ts
 * blobStoreSuite(test, async () => ({ store: new MyStore(), isOpen: true, close }));
 * ```
 */
export function blobStoreSuite(test: Runner, open: () => Promise<BlobStoreUnderTest>): void {
	const check = checksOf(test, open);

	check("a file goes into quarantine as it is, by a PUT to its address", async ({ store }) => {
		const key = newKey();
		assert.equal(await put(await addressFor(store, key)), 200);
		assertBytes(await store.read("quarantine", key), BYTES);
		assert.deepEqual(await store.head("quarantine", key), { size: BYTES.length });
		assert.equal(await store.head("served", key), undefined);
		assert.equal(await store.read("served", key), undefined);
	});

	for (const [what, bytes] of [
		["one byte more", Uint8Array.of(...BYTES, 0)],
		["one byte less", BYTES.subarray(1)],
		["no bytes", new Uint8Array()],
	] as const) {
		check(`${what} than the address was signed for: refused, and nothing is kept`, async ({ store }) => {
			const key = newKey();
			assert.equal(await put(await addressFor(store, key), bytes), 403);
			assert.equal(await store.head("quarantine", key), undefined);
		});
	}

	check("a file that doesn't say its size is held to the one that was signed", async ({ store }) => {
		const key = newKey();
		const address = await addressFor(store, key);
		const status = await put(address, endless());
		assert.ok(status === 403 || status === "hung up", `${status}`);
		assert.equal(await store.head("quarantine", key), undefined);
	});

	check("another type than the address was signed for, or none, is refused", async ({ store }) => {
		const key = newKey();
		for (const type of ["text/html", "image/jpeg", `${PNG}; charset=utf-8`, null])
			assert.equal(await put(await addressFor(store, key), BYTES, type), 403, `${type}`);
		assert.equal(await store.head("quarantine", key), undefined);
	});

	check("an address takes nothing after its time", async ({ store }) => {
		const key = newKey();
		const address = await store.uploadAddress({ key, contentType: PNG, size: BYTES.length, expiresInS: 1 });
		await wait(2_500);
		assert.equal(await put(address), 403);
		assert.equal(await store.head("quarantine", key), undefined);
	});

	check("an address that was altered takes nothing", async ({ store }) => {
		const [key, other] = [newKey(), newKey()];
		const address = await addressFor(store, key);
		assert.ok(address.includes(key));
		assert.equal(await put(address.replace(key, other)), 403);
		for (const name of new URL(address).searchParams.keys()) {
			const altered = new URL(address);
			altered.searchParams.set(name, `${altered.searchParams.get(name)}1`);
			const status = await put(altered.href);
			assert.ok(status !== 200, `${name}: ${status}`);
		}
		const bare = new URL(address);
		bare.searchParams.delete([...bare.searchParams.keys()].find((each) => /signature$/i.test(each)) ?? "");
		assert.notEqual(await put(bare.href), 200);
		assert.equal(await store.head("quarantine", other), undefined);
		assert.equal(await store.head("quarantine", key), undefined);
	});

	check("an address for putting doesn't open anything", async ({ store }) => {
		const key = newKey();
		const address = await addressFor(store, key);
		await put(address);
		await store.promote(promotion(key, { bytes: Buffer.from("served") }));
		const { status } = await fetch(address);
		assert.equal(status, 403);
	});

	check("any web page may put a file", async ({ store }) => {
		const headers = {
			Origin: "https://shop.example",
			"Access-Control-Request-Method": "PUT",
			"Access-Control-Request-Headers": "content-type",
		};
		const answer = await fetch(await addressFor(store, newKey()), { method: "OPTIONS", headers });
		assert.ok(answer.ok, `${answer.status}`);
		assert.match(answer.headers.get("access-control-allow-origin") ?? "", /^(\*|https:\/\/shop\.example)$/);
		assert.match(answer.headers.get("access-control-allow-methods") ?? "", /PUT/);
		assert.match(answer.headers.get("access-control-allow-headers") ?? "", /content-type|\*/i);
	});

	check("a file put again takes the place of the first one", async ({ store }) => {
		const key = newKey();
		const address = await addressFor(store, key);
		await put(address);
		const other = BYTES.toReversed();
		assert.equal(await put(address, other), 200);
		assertBytes(await store.read("quarantine", key), other);
	});

	check("what was promoted stays as it is, whatever is put after it", async ({ store }) => {
		const key = newKey();
		const address = await addressFor(store, key);
		await put(address);
		await store.promote(promotion(key));
		await put(address, BYTES.toReversed());
		assertBytes(await store.read("served", key), BYTES);
	});

	check("of a file no more is read than was asked for", async ({ store }) => {
		const key = newKey();
		await put(await addressFor(store, key));
		assertBytes(await store.read("quarantine", key, 3), Uint8Array.from([0, 1, 2]));
		assertBytes(await store.read("quarantine", key, 1), Uint8Array.from([0]));
		assertBytes(await store.read("quarantine", key, 10_000), BYTES);
		assert.equal(await store.read("quarantine", newKey(), 3), undefined);
	});

	check("promoting serves the bytes that were given, and empties quarantine", async ({ store }) => {
		const key = newKey();
		await put(await addressFor(store, key));
		await store.promote(promotion(key, { bytes: Buffer.from("looked at"), contentType: "text/plain" }));
		assert.equal(await store.head("quarantine", key), undefined);
		assert.deepEqual(await store.head("served", key), { size: 9 });
		const answer = await fetch(await store.address(key, 60));
		assert.equal(answer.status, 200);
		assert.equal(await answer.text(), "looked at");
		assert.equal(answer.headers.get("content-type"), "text/plain");
		assert.equal(answer.headers.get("content-length"), "9");
	});

	check("promoting again takes the place of what was served", async ({ store }) => {
		const key = newKey();
		await store.promote(promotion(key));
		await store.promote(promotion(key, { bytes: Buffer.from("newer"), contentType: "text/csv" }));
		const answer = await fetch(await store.address(key, 60));
		assert.equal(await answer.text(), "newer");
		assert.equal(answer.headers.get("content-type"), "text/csv");
	});

	check("a served file says how it's shown and by what name, whatever the name holds", async ({ store }) => {
		for (const [fileName, disposition] of [
			["photo.png", "inline"],
			['a"b\\c%20;\r\nSet-Cookie: x=1.png', "attachment"],
			["Grüße 你好 👩‍👩‍👧 it's (1)*.png", "attachment"],
		] as const) {
			const key = newKey();
			await store.promote(promotion(key, { fileName, disposition }));
			const { headers } = await fetch(await store.address(key, 60));
			const said = headers.get("content-disposition") ?? "";
			assert.match(said, new RegExp(`^${disposition}; filename="[^"\\\\]*"; filename\\*=UTF-8''[\\w.~%-]+$`));
			assert.equal(decodeURIComponent(said.split("UTF-8''")[1] ?? ""), fileName);
			assert.equal(headers.get("set-cookie"), null);
		}
	});

	check("deleting removes a file from both areas, and what isn't there is fine", async ({ store }) => {
		const [key, other] = [newKey(), newKey()];
		for (const each of [key, other]) {
			await store.promote(promotion(each));
			await put(await addressFor(store, each));
		}
		await store.delete(key);
		await store.delete(key);
		await store.delete(newKey());
		for (const area of ["quarantine", "served"] as const) {
			assert.equal(await store.head(area, key), undefined);
			assert.deepEqual(await store.head(area, other), { size: BYTES.length });
		}
		assert.equal((await fetch(await store.address(key, 60))).status, 404);
	});

	check("a signed address opens its file, as long as it's meant to", async ({ store }) => {
		const [key, other] = [newKey(), newKey()];
		for (const each of [key, other]) await store.promote(promotion(each));
		const [short, long] = [await store.address(key, 1), await store.address(key, 60)];
		assert.equal((await fetch(long)).status, 200);
		assert.equal((await fetch(long.replace(key, other))).status, 403);
		await wait(2_500);
		assert.equal((await fetch(short)).status, 403);
		assert.equal((await fetch(long)).status, 200);
	});

	check("an address without an end is always the same, and opens where that's set up", async ({ store, isOpen }) => {
		const key = newKey();
		const early = await store.address(key);
		await store.promote(promotion(key));
		assert.equal(await store.address(key), early);
		const answer = await fetch(early);
		assert.equal(answer.status === 200, isOpen, `${answer.status}`);
		if (isOpen) assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(BYTES));
	});

	check("what is in quarantine opens by no address", async ({ store }) => {
		const key = newKey();
		await put(await addressFor(store, key));
		assert.ok((await fetch(await store.address(key))).status >= 400);
		assert.ok((await fetch(await store.address(key, 60))).status >= 400);
	});

	check("two files of similar keys are two files", async ({ store }) => {
		const key = newKey();
		const keys = [key, `${key}1`, key.replace("suite/", "suite.1/"), key.replace("/", "/_")];
		for (const each of keys) await store.promote(promotion(each, { bytes: Buffer.from(each) }));
		for (const each of keys) assert.equal(Buffer.from((await store.read("served", each)) ?? []).toString(), each);
	});

	check("malformed keys, types, sizes and times are refused", async ({ store }) => {
		const upload = { key: newKey(), contentType: PNG, size: 1, expiresInS: 60 };
		for (const key of [
			"",
			"a",
			"a/",
			"/a",
			"../a",
			"./a",
			"a/..",
			"a/b/c",
			"a/../b",
			"a/b.json",
			"a\\b/c",
			"a/b\0",
			"a/%2e",
			"a b/c",
		]) {
			for (const call of [
				() => store.uploadAddress({ ...upload, key }),
				() => store.head("served", key),
				() => store.read("quarantine", key),
				() => store.promote(promotion(key)),
				() => store.delete(key),
				() => store.address(key),
			])
				await assert.rejects(call, isInvalid, JSON.stringify(key));
		}
		for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
			await assert.rejects(store.uploadAddress({ ...upload, size }), isInvalid, `size ${size}`);
		for (const expiresInS of [0, -1, 0.5, 604_801, Number.NaN]) {
			await assert.rejects(store.uploadAddress({ ...upload, expiresInS }), isInvalid, `expiresInS ${expiresInS}`);
			await assert.rejects(store.address(upload.key, expiresInS), isInvalid, `expiresInS ${expiresInS}`);
		}
		for (const contentType of ["", "image", "image/png\r\nx: y", "image/png; a=b", "Image/PNG", " image/png"]) {
			await assert.rejects(store.uploadAddress({ ...upload, contentType }), isInvalid, contentType);
			await assert.rejects(store.promote(promotion(upload.key, { contentType })), isInvalid, contentType);
		}
		for (const first of [0, -1, 1.5]) await assert.rejects(store.read("served", upload.key, first), isInvalid);
	});
}

function newKey(): string {
	return `suite/${randomUUID()}`;
}

function addressFor(store: BlobStore, key: string): Promise<string> {
	return store.uploadAddress({ key, contentType: PNG, size: BYTES.length, expiresInS: 60 });
}

function promotion(key: string, changed: Partial<Promotion> = {}): Promotion {
	return { key, bytes: BYTES, contentType: PNG, disposition: "inline", fileName: "picture.png", ...changed };
}

/** The status that a PUT is answered with; `hung up` where the connection ends first. */
async function put(
	address: string,
	body: Uint8Array | ReadableStream<Uint8Array> = BYTES,
	type: string | null = PNG,
): Promise<number | "hung up"> {
	const headers: Record<string, string> = type === null ? {} : { "Content-Type": type };
	try {
		const answer = await fetch(address, { method: "PUT", headers, body, duplex: "half" } as RequestInit);
		await answer.arrayBuffer();
		return answer.status;
	} catch (error) {
		if (error instanceof TypeError) return "hung up";
		throw error;
	}
}

/** A megabyte, of which nobody is told how much it is. */
function endless(): ReadableStream<Uint8Array> {
	let sent = 0;
	return new ReadableStream({
		pull(controller) {
			if (sent++ < 1_024) controller.enqueue(new Uint8Array(1_024));
			else controller.close();
		},
	});
}

/** A store may give any kind of `Uint8Array`. */
function assertBytes(found: Uint8Array | undefined, expected: Uint8Array): void {
	assert.deepEqual(found && Buffer.from(found), Buffer.from(expected));
}

function isInvalid(error: unknown): boolean {
	return error instanceof RouterError && error.code === "invalid_blob";
}
