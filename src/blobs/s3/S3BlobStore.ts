import type { GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { RouterError } from "../../protocol/errors.js";
import type { Area, BlobStore, Promotion, Upload } from "../BlobStore.js";
import { checkBlobKey, checkContentType, checkFirst, checkLifetime, checkUpload } from "../check.js";
import { contentDisposition } from "../contentDisposition.js";
import { asBlobError, isMissing } from "./faults.js";

export interface S3BlobStoreOptions {
	readonly bucket: string;
	/** What the keys begin with, in both areas; e.g. `files/`. Default: nothing. */
	readonly prefix?: string;
	/** Where the served area can be fetched without a signature: a CloudFront distribution's address, say. */
	readonly publicUrl: string;
	/**
	 * Stays open when this is closed; set its `requestChecksumCalculation` to `"WHEN_REQUIRED"`, or the addresses take
	 * empty files only. Default: one with the environment's region and credentials.
	 */
	readonly client?: S3Client;
}

/** What the address binds beside the host; without this, S3 would take any type. */
const SIGNED = new Set(["content-type", "content-length"]);
/** Browsers keep a file, shared caches don't: it may have to be erased. */
const CACHED = "private, max-age=3600";

/**
 * Files in an S3 bucket: `<prefix>quarantine/<key>` and `<prefix>served/<key>`. The bucket stays private, with CORS for
 * `PUT` and a lifecycle rule that removes quarantined files after a day. In front of the served area, a CloudFront
 * distribution adds `X-Content-Type-Options: nosniff` and a `Content-Security-Policy` (S3 can't). The role needs Get, Put
 * and DeleteObject on both areas and ListBucket, without which S3 won't say that a file is missing.
 */
export class S3BlobStore implements BlobStore {
	private own: Promise<S3Client> | undefined;

	constructor(private readonly options: S3BlobStoreOptions) {}

	async uploadAddress(upload: Upload): Promise<string> {
		checkUpload(upload);
		const { PutObjectCommand } = await import("@aws-sdk/client-s3");
		const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
		const put = new PutObjectCommand({
			...this.place("quarantine", upload.key),
			ContentType: upload.contentType,
			ContentLength: upload.size,
		});
		return this.ask((client) => getSignedUrl(client, put, { expiresIn: upload.expiresInS, signableHeaders: SIGNED }));
	}

	async head(area: Area, key: string): Promise<{ readonly size: number } | undefined> {
		checkBlobKey(key);
		const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
		const found = await this.find((client) => client.send(new HeadObjectCommand(this.place(area, key))));
		return found && { size: found.ContentLength ?? 0 };
	}

	async read(area: Area, key: string, first?: number): Promise<Uint8Array | undefined> {
		checkBlobKey(key);
		checkFirst(first);
		const { GetObjectCommand } = await import("@aws-sdk/client-s3");
		const range = first === undefined ? {} : { Range: `bytes=0-${first - 1}` };
		const get = new GetObjectCommand({ ...this.place(area, key), ...range });
		const bytes = await this.find(async (client) => bytesOf(await client.send(get)));
		// A server need not heed a range.
		return bytes?.subarray(0, first);
	}

	async promote(promotion: Promotion): Promise<void> {
		const { key, bytes, contentType } = promotion;
		checkBlobKey(key);
		checkContentType(contentType);
		const { PutObjectCommand, DeleteObjectCommand } = await import("@aws-sdk/client-s3");
		const put = new PutObjectCommand({
			...this.place("served", key),
			Body: bytes,
			ContentType: contentType,
			ContentDisposition: contentDisposition(promotion),
			CacheControl: CACHED,
		});
		await this.ask((client) => client.send(put));
		await this.ask((client) => client.send(new DeleteObjectCommand(this.place("quarantine", key))));
	}

	async delete(key: string): Promise<void> {
		checkBlobKey(key);
		const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
		for (const area of ["quarantine", "served"] as const) {
			await this.ask((client) => client.send(new DeleteObjectCommand(this.place(area, key))));
		}
	}

	async address(key: string, expiresInS?: number): Promise<string> {
		checkBlobKey(key);
		if (expiresInS === undefined) return `${this.options.publicUrl.replace(/\/$/, "")}/${key}`;
		checkLifetime(expiresInS);
		const { GetObjectCommand } = await import("@aws-sdk/client-s3");
		const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
		const get = new GetObjectCommand(this.place("served", key));
		return this.ask((client) => getSignedUrl(client, get, { expiresIn: expiresInS }));
	}

	/** Closes the client, if it's ours. */
	async close(): Promise<void> {
		const { own } = this;
		this.own = undefined;
		(await own)?.destroy();
	}

	private place(area: Area, key: string): { Bucket: string; Key: string } {
		const { bucket, prefix = "" } = this.options;
		return { Bucket: bucket, Key: `${prefix}${area}/${key}` };
	}

	private async find<T>(call: (client: S3Client) => Promise<T>): Promise<T | undefined> {
		try {
			return await call(await this.client());
		} catch (error) {
			if (isMissing(error)) return undefined;
			throw asBlobError(this.options.bucket, error);
		}
	}

	private async ask<T>(call: (client: S3Client) => Promise<T>): Promise<T> {
		try {
			return await call(await this.client());
		} catch (error) {
			throw asBlobError(this.options.bucket, error);
		}
	}

	private client(): Promise<S3Client> {
		const { client } = this.options;
		if (client) return Promise.resolve(client);
		this.own ??= ownClient();
		return this.own;
	}
}

async function ownClient(): Promise<S3Client> {
	const { S3Client } = await import("@aws-sdk/client-s3");
	return new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED" });
}

async function bytesOf({ Body }: GetObjectCommandOutput): Promise<Uint8Array> {
	if (!Body) throw new RouterError("storage_unavailable", "S3 answered without the file.");
	return Body.transformToByteArray();
}
