import { Readable } from "node:stream";
import { asRouterError, RouterError } from "../../protocol/errors.js";
import { BLOB_KEY } from "../BlobStore.js";
import { contentDisposition } from "../contentDisposition.js";
import type { Grant } from "./AddressSigner.js";
import type { FolderBlobStore } from "./FolderBlobStore.js";

export interface FolderBlobRoutesOptions {
	/** Default `"anybody"`: who knows a file's key may fetch it. `"signed"`: an address must be signed. */
	readonly reading?: "anybody" | "signed";
	/** Told of failures that aren't the client's. */
	readonly onError?: (error: unknown) => void;
}

/** Any page may put and show files: what an address allows is in its signature, and no cookie counts here. */
const CORS = { "Access-Control-Allow-Origin": "*", Vary: "Origin" };
const PREFLIGHT = {
	...CORS,
	"Access-Control-Allow-Methods": "GET, HEAD, PUT",
	"Access-Control-Allow-Headers": "Content-Type",
	"Access-Control-Max-Age": "3600",
};

/** What a stranger sent is never run here, whatever a browser takes it for; it's for pages of any origin to show. */
const SERVED = {
	...CORS,
	"X-Content-Type-Options": "nosniff",
	"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "cross-origin",
	"Referrer-Policy": "no-referrer",
	// Shared caches don't keep it: it may have to be erased.
	"Cache-Control": "private, max-age=3600",
	"Accept-Ranges": "none",
};

/** Answers at the addresses of a `FolderBlobStore`: takes files by `PUT` and serves what was promoted. */
export class FolderBlobRoutes {
	private readonly base: string;

	constructor(
		private readonly store: FolderBlobStore,
		private readonly options: FolderBlobRoutesOptions = {},
	) {
		this.base = `${new URL(store.publicUrl).pathname.replace(/\/$/, "")}/`;
	}

	/** The answer to a request for a path below the store's public address. Never rejects. */
	readonly fetch = async (request: Request): Promise<Response> => {
		try {
			return await this.answer(request);
		} catch (error) {
			return this.refusal(error, request);
		}
	};

	private async answer(request: Request): Promise<Response> {
		const { pathname, searchParams } = new URL(request.url);
		const key = pathname.startsWith(this.base) ? pathname.slice(this.base.length) : "";
		if (!BLOB_KEY.test(key)) return nothing();
		switch (request.method) {
			case "PUT":
				return this.take(key, searchParams, request);
			case "GET":
			case "HEAD":
				return this.serve(key, searchParams, request.method === "HEAD");
			case "OPTIONS":
				return new Response(null, { status: 204, headers: PREFLIGHT });
			default:
				return new Response(null, { status: 405, headers: { ...CORS, Allow: "GET, HEAD, PUT, OPTIONS" } });
		}
	}

	private async take(key: string, query: URLSearchParams, request: Request): Promise<Response> {
		const grant = this.store.signer.grant("PUT", key, query);
		if (grant?.method !== "PUT") throw refused("The address was altered, or its time is over.");
		if (request.headers.get("content-type") !== grant.contentType)
			throw refused(`The file's Content-Type has to be ${grant.contentType}.`);
		const length = request.headers.get("content-length");
		if (length !== null && Number(length) !== grant.size) throw wrongSize(grant);
		await this.store.quarantine(key, exactly(grant, request.body ?? []));
		return new Response(null, { status: 200, headers: CORS });
	}

	private async serve(key: string, query: URLSearchParams, isHead: boolean): Promise<Response> {
		const isSigned = this.options.reading === "signed" || query.has("signature");
		if (isSigned && !this.store.signer.grant("GET", key, query))
			throw refused("The address was altered, or its time is over.");
		const found = await this.store.openServed(key);
		if (!found) return nothing();
		const { file, size, as } = found;
		const headers = {
			...SERVED,
			"Content-Type": as.contentType,
			"Content-Length": String(size),
			"Content-Disposition": contentDisposition(as),
		};
		if (!isHead) return new Response(Readable.toWeb(file.createReadStream()) as ReadableStream, { headers });
		await file.close();
		return new Response(null, { headers });
	}

	private refusal(error: unknown, request: Request): Response {
		const { code, message } = asRouterError(error);
		const status = code === "address_refused" ? 403 : 503;
		// Who hung up in the middle of a file isn't our failure, and reads no answer.
		if (status === 503 && !request.signal.aborted) this.options.onError?.(error);
		const problem = { type: "about:blank", status, code, detail: message };
		return new Response(JSON.stringify(problem), {
			status,
			headers: { ...CORS, "Content-Type": "application/problem+json", "Cache-Control": "no-store" },
		});
	}
}

/** The chunks of a file, as long as they're no more than was granted; throws where they're more, or fewer at the end. */
async function* exactly(
	grant: Extract<Grant, { method: "PUT" }>,
	chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
	let size = 0;
	for await (const chunk of chunks) {
		size += chunk.length;
		if (size > grant.size) throw wrongSize(grant);
		yield chunk;
	}
	if (size < grant.size) throw wrongSize(grant);
}

function wrongSize({ size }: { readonly size: number }): RouterError {
	return refused(`The file has to have ${size} bytes.`);
}

function refused(message: string): RouterError {
	return new RouterError("address_refused", message);
}

function nothing(): Response {
	return new Response("There is nothing here.\n", {
		status: 404,
		headers: { ...CORS, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" },
	});
}
