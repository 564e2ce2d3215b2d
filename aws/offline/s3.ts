import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface S3rver {
	run(): Promise<AddressInfo>;
	close(): Promise<void>;
	httpServer: { closeAllConnections(): void };
}

/** The only credentials that the server takes. */
export const S3_CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>`;

/** An S3 server on the loopback interface, which checks signatures, with a bucket of this name. */
export async function openS3(bucket: string) {
	const S3rver = createRequire(import.meta.url)("@20minutes/s3rver") as new (options: object) => S3rver;
	const directory = await mkdtemp(join(tmpdir(), "offline-s3-"));
	const buckets = [{ name: bucket, configs: [CORS] }];
	const address = { address: "127.0.0.1", port: 0, silent: true, vhostBuckets: false };
	const server = new S3rver({ ...address, directory, configureBuckets: buckets });
	const { port } = await server.run();
	return {
		endpoint: `http://127.0.0.1:${port}`,
		close: async () => {
			server.httpServer.closeAllConnections();
			await server.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
}
