import { createHmac, timingSafeEqual } from "node:crypto";
import type { Upload } from "../BlobStore.js";

/** What an address lets whoever has it do. */
export type Grant =
	| { readonly method: "PUT"; readonly key: string; readonly contentType: string; readonly size: number }
	| { readonly method: "GET"; readonly key: string };

/** Signs addresses of files with HMAC-SHA-256, and knows its own again. Times are epoch seconds. */
export class AddressSigner {
	constructor(
		private readonly secret: string,
		private readonly clock: () => number,
	) {}

	put({ key, contentType, size, expiresInS }: Upload): URLSearchParams {
		return this.sign({ method: "PUT", key, contentType, size }, expiresInS);
	}

	get(key: string, expiresInS: number): URLSearchParams {
		return this.sign({ method: "GET", key }, expiresInS);
	}

	/** What the query grants for this key; undefined if it's not ours, was altered, or its time is over. */
	grant(method: Grant["method"], key: string, query: URLSearchParams): Grant | undefined {
		const expires = Number(query.get("expires"));
		const grant: Grant =
			method === "GET"
				? { method, key }
				: { method, key, contentType: query.get("type") ?? "", size: Number(query.get("size")) };
		const said = Buffer.from(query.get("signature") ?? "");
		const right = Buffer.from(this.signature(grant, expires));
		const isOurs = said.length === right.length && timingSafeEqual(said, right);
		return isOurs && this.clock() / 1000 < expires ? grant : undefined;
	}

	private sign(grant: Grant, expiresInS: number): URLSearchParams {
		const expires = Math.ceil(this.clock() / 1000) + expiresInS;
		const query = new URLSearchParams({ expires: String(expires) });
		if (grant.method === "PUT") {
			query.set("type", grant.contentType);
			query.set("size", String(grant.size));
		}
		query.set("signature", this.signature(grant, expires));
		return query;
	}

	private signature(grant: Grant, expires: number): string {
		const bound = grant.method === "PUT" ? [grant.contentType, grant.size] : [];
		return createHmac("sha256", this.secret)
			.update(JSON.stringify(["file", grant.method, grant.key, expires, ...bound]))
			.digest("base64url");
	}
}
