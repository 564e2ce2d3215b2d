import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { getRequestListener } from "@hono/node-server";
import { FolderBlobRoutes, type FolderBlobRoutesOptions, FolderBlobStore } from "../../src/blobs/folder/index.js";
import { S3BlobStore } from "../../src/blobs/s3/index.js";

/** A folder of its own, with an HTTP server on the loopback interface in front. */
export async function openFolderBlobs(options: FolderBlobRoutesOptions = {}, clock: () => number = Date.now) {
	const folder = await mkdtemp(join(tmpdir(), "stentor-blobs-"));
	let answer: FolderBlobRoutes | undefined;
	const listener = getRequestListener((request) => answer?.fetch(request) ?? new Response(null, { status: 503 }));
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`;
	const store = await FolderBlobStore.open({ folder, publicUrl, secret: "folder-secret", clock });
	answer = new FolderBlobRoutes(store, options);
	return {
		store,
		folder,
		publicUrl,
		isOpen: options.reading !== "signed",
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			await rm(folder, { recursive: true, force: true });
		},
	};
}

interface S3rver {
	run(): Promise<AddressInfo>;
	close(): Promise<void>;
	httpServer: { closeAllConnections(): void };
}

type S3rverConstructor = new (options: object) => S3rver;

const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>`;

export const BUCKET = "files";

/** An S3 server of its own on the loopback interface, which checks signatures, with a bucket. */
export async function openS3() {
	const S3rver = createRequire(import.meta.url)("@20minutes/s3rver") as S3rverConstructor;
	const directory = await mkdtemp(join(tmpdir(), "stentor-s3-"));
	const server = new S3rver({
		address: "127.0.0.1",
		port: 0,
		silent: true,
		directory,
		vhostBuckets: false,
		configureBuckets: [{ name: BUCKET, configs: [CORS] }],
	});
	const { port } = await server.run();
	const endpoint = `http://127.0.0.1:${port}`;
	const settings = {
		endpoint,
		region: "us-east-1",
		forcePathStyle: true,
		credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
		requestChecksumCalculation: "WHEN_REQUIRED",
	} as const;
	return {
		endpoint,
		settings,
		/** Where it keeps what it's given. */
		directory,
		close: async () => {
			server.httpServer.closeAllConnections();
			await server.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
}

export async function openS3Blobs() {
	const { endpoint, settings, directory, close } = await openS3();
	const client = new S3Client(settings);
	const store = new S3BlobStore({
		bucket: BUCKET,
		prefix: "chat/",
		publicUrl: `${endpoint}/${BUCKET}/chat/served`,
		client,
	});
	return {
		store,
		client,
		directory,
		isOpen: true,
		close: async () => {
			await store.close();
			client.destroy();
			await close();
		},
	};
}
