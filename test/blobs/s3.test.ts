import { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "@jest/globals";
import { S3BlobStore } from "../../src/blobs/s3/index.js";
import { blobStoreSuite } from "../../src/testing/blobStoreSuite.js";
import { BUCKET, openS3, openS3Blobs } from "../support/blobStores.js";

describe("the contract", () => {
	blobStoreSuite(test, openS3Blobs);
});

test("size and type are among what an address signs", async () => {
	const { store, close } = await openS3Blobs();
	try {
		const address = await store.uploadAddress({ key: "a/b", contentType: "image/png", size: 5, expiresInS: 300 });
		const { pathname, searchParams } = new URL(address);
		expect(pathname).toBe(`/${BUCKET}/chat/quarantine/a/b`);
		expect(searchParams.get("X-Amz-SignedHeaders")).toBe("content-length;content-type;host");
		expect(searchParams.get("X-Amz-Expires")).toBe("300");
		expect([...searchParams.keys()].filter((each) => /checksum/i.test(each))).toEqual([]);
	} finally {
		await close();
	}
});

describe("a store that can't be used", () => {
	const cases = [
		["a bucket that isn't there", { bucket: "elsewhere" }, {}, "configuration_invalid"],
		["a wrong key", {}, { credentials: { accessKeyId: "S3RVER", secretAccessKey: "wrong" } }, "configuration_invalid"],
		["nobody there", {}, { endpoint: "http://127.0.0.1:1", maxAttempts: 1 }, "storage_unavailable"],
	] as const;
	test.each(cases)("%s: %s %s %s", async (_, changed, settings, code) => {
		const s3 = await openS3();
		const client = new S3Client({ ...s3.settings, ...settings });
		try {
			const store = new S3BlobStore({ bucket: BUCKET, publicUrl: s3.endpoint, client, ...changed });
			await expect(store.read("served", "a/b")).rejects.toMatchObject({ code });
			const promotion = { key: "a/b", bytes: Buffer.from("x"), contentType: "text/plain", fileName: "x.txt" } as const;
			await expect(store.promote({ ...promotion, disposition: "attachment" })).rejects.toMatchObject({ code });
		} finally {
			client.destroy();
			await s3.close();
		}
	});
});
