import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { RouterError } from "../../protocol/errors.js";
import type { Area, BlobStore, Promotion, Upload } from "../BlobStore.js";
import { checkBlobKey, checkContentType, checkFirst, checkLifetime, checkUpload } from "../check.js";
import { AddressSigner } from "./AddressSigner.js";
import { writeDurably } from "./durableFile.js";

export interface FolderBlobStoreOptions {
	/** Made, for this user only, if it's not there. One process uses it. */
	readonly folder: string;
	/** Where `FolderBlobRoutes` answers, e.g. `https://chat.example.com/files`; a function if that's known later. */
	readonly publicUrl: string | (() => string);
	/** What addresses are signed with. */
	readonly secret: string;
	/** The time in ms. Default: `Date.now`. */
	readonly clock?: () => number;
}

/** How a served file is answered. */
export type Served = Pick<Promotion, "contentType" | "disposition" | "fileName">;

const served: z.ZodMiniType<Served> = z.object({
	contentType: z.string(),
	disposition: z.enum(["inline", "attachment"]),
	fileName: z.string(),
});

/** What means that the folder isn't ours to use; anything else may pass. */
const MISTAKES = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

/** Files in a folder: `quarantine/<key>` and `served/<key>`, the latter with how they're served in `<key>.json`. */
export class FolderBlobStore implements BlobStore {
	readonly signer: AddressSigner;
	private readonly partial: string;

	/** Throws `configuration_invalid` or `storage_unavailable`. Removes what an earlier process left half written. */
	static async open(options: FolderBlobStoreOptions): Promise<FolderBlobStore> {
		const store = new FolderBlobStore(options);
		await store.attempt(async () => {
			await rm(store.partial, { recursive: true, force: true });
			await mkdir(store.partial, { recursive: true, mode: 0o700 });
		});
		return store;
	}

	private constructor(private readonly options: FolderBlobStoreOptions) {
		this.signer = new AddressSigner(options.secret, options.clock ?? Date.now);
		this.partial = join(options.folder, "partial");
	}

	get publicUrl(): string {
		const { publicUrl } = this.options;
		return (typeof publicUrl === "string" ? publicUrl : publicUrl()).replace(/\/$/, "");
	}

	async uploadAddress(upload: Upload): Promise<string> {
		checkUpload(upload);
		return `${this.publicUrl}/${upload.key}?${this.signer.put(upload)}`;
	}

	/** Puts a file in quarantine, if all of it comes. */
	async quarantine(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
		await this.attempt(() => writeDurably(this.partial, this.path("quarantine", key), chunks));
	}

	async head(area: Area, key: string): Promise<{ readonly size: number } | undefined> {
		const path = this.path(area, key);
		const found = await this.find(() => stat(path));
		return found && { size: found.size };
	}

	async read(area: Area, key: string, first?: number): Promise<Uint8Array | undefined> {
		checkFirst(first);
		const path = this.path(area, key);
		if (first === undefined) return this.find(() => readFile(path));
		return this.find(async () => {
			const file = await open(path);
			try {
				const { size } = await file.stat();
				const bytes = Buffer.alloc(Math.min(first, size));
				const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
				return bytes.subarray(0, bytesRead);
			} finally {
				await file.close();
			}
		});
	}

	/** A served file and how it's to be answered, opened: whoever gets it closes it. */
	async openServed(key: string): Promise<{ readonly file: FileHandle; readonly size: number; as: Served } | undefined> {
		const path = this.path("served", key);
		return this.find(async () => {
			const as = served.parse(JSON.parse(await readFile(`${path}.json`, "utf8")));
			const file = await open(path);
			return { file, size: (await file.stat()).size, as };
		});
	}

	async promote({ key, bytes, contentType, disposition, fileName }: Promotion): Promise<void> {
		checkContentType(contentType);
		const path = this.path("served", key);
		const as = Buffer.from(JSON.stringify({ contentType, disposition, fileName } satisfies Served));
		await this.attempt(async () => {
			await writeDurably(this.partial, `${path}.json`, [as]);
			await writeDurably(this.partial, path, [bytes]);
			await rm(this.path("quarantine", key), { force: true });
		});
	}

	async delete(key: string): Promise<void> {
		const path = this.path("served", key);
		await this.attempt(async () => {
			for (const each of [this.path("quarantine", key), path, `${path}.json`]) await rm(each, { force: true });
		});
	}

	async address(key: string, expiresInS?: number): Promise<string> {
		checkBlobKey(key);
		if (expiresInS === undefined) return `${this.publicUrl}/${key}`;
		checkLifetime(expiresInS);
		return `${this.publicUrl}/${key}?${this.signer.get(key, expiresInS)}`;
	}

	/** Deletes what has been in quarantine for longer, as a bucket's lifecycle rule does; answers how many files. */
	async purgeQuarantine(olderThanMs: number): Promise<number> {
		const folder = join(this.options.folder, "quarantine");
		const before = (this.options.clock ?? Date.now)() - olderThanMs;
		let purged = 0;
		const found = await this.find(() => readdir(folder, { recursive: true, withFileTypes: true }));
		for (const entry of found ?? []) {
			if (!entry.isFile()) continue;
			const path = join(entry.parentPath, entry.name);
			const file = await this.find(() => stat(path));
			if (!file || file.mtimeMs >= before) continue;
			await this.attempt(() => rm(path, { force: true }));
			purged++;
		}
		return purged;
	}

	private path(area: Area, key: string): string {
		checkBlobKey(key);
		return join(this.options.folder, area, ...key.split("/"));
	}

	/** Undefined where there's no such file. */
	private async find<T>(call: () => Promise<T>): Promise<T | undefined> {
		try {
			return await call();
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
			throw this.asRouterError(error);
		}
	}

	private async attempt<T>(call: () => Promise<T>): Promise<T> {
		try {
			return await call();
		} catch (error) {
			throw this.asRouterError(error);
		}
	}

	private asRouterError(error: unknown): RouterError {
		if (error instanceof RouterError) return error;
		const { code = "unknown error" } = error as NodeJS.ErrnoException;
		return new RouterError(
			MISTAKES.has(code) ? "configuration_invalid" : "storage_unavailable",
			`The folder ${this.options.folder} could not be used (${code}).`,
			{ cause: error },
		);
	}
}
