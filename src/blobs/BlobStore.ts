/**
 * Where files are kept. Whoever has one puts it straight into the store, at an address signed for this one file. It lies
 * in quarantine then, where nobody can fetch it, until somebody has looked at it and has it promoted.
 * Every sentence here is a case of the exported suite, `blobStoreSuite` in `stentor-chat-router/testing`.
 */

/** Where a file lies: put there by anybody who had an address, or looked at and served. */
export type Area = "quarantine" | "served";

export interface Upload {
	/** See `BLOB_KEY`. */
	readonly key: string;
	/** What the `PUT` has to say as its `Content-Type`, to the letter: a type and subtype without parameters. */
	readonly contentType: string;
	/** The file's bytes, 1 or more: the `PUT` has to bring exactly as many. */
	readonly size: number;
	/** How long the address takes a file, in seconds: 1 to 604,800. */
	readonly expiresInS: number;
}

export interface Promotion {
	readonly key: string;
	/** What is served from now on: the bytes that were looked at, whatever lies in quarantine meanwhile. */
	readonly bytes: Uint8Array;
	/** Served as `Content-Type`, as it is here. */
	readonly contentType: string;
	/** Whether a browser shows the file by itself, or only saves it. */
	readonly disposition: "inline" | "attachment";
	/** What a browser calls the file when it saves it; any text. */
	readonly fileName: string;
}

/**
 * Fails with `invalid_blob` where a key, type, size or time isn't as described, with `configuration_invalid` where the
 * store can't be used as it's set up, with `storage_unavailable` where it doesn't answer.
 */
export interface BlobStore {
	/**
	 * An address that takes one `PUT` of the file, from any web page. What comes with another size or type, late, or at an
	 * address that was altered is refused with 403, and nothing of it is kept. A file put again takes the place of the
	 * first one; nothing that was promoted changes by it.
	 */
	uploadAddress(upload: Upload): Promise<string>;
	/** How large a file is; undefined where there's none, or only a part of one so far. */
	head(area: Area, key: string): Promise<{ readonly size: number } | undefined>;
	/** A file's bytes, or no more than the `first` so many of them; undefined where there's none. */
	read(area: Area, key: string, first?: number): Promise<Uint8Array | undefined>;
	/** Serves these bytes, in place of what was served under this key, and empties the key's quarantine. */
	promote(promotion: Promotion): Promise<void>;
	/** Deletes what is under this key in both areas; what isn't there is fine. */
	delete(key: string): Promise<void>;
	/**
	 * Where the served file can be fetched. With `expiresInS` (1 to 604,800) the address is signed and opens that long;
	 * without, it's always the same one, is known before the file is there, and opens where the store is set up for it.
	 * What is in quarantine opens by neither.
	 */
	address(key: string, expiresInS?: number): Promise<string>;
}

/** `<app>/<name>`: the app's id, which isn't made of dots alone, and up to 100 letters, digits, `_` and `-`. */
export const BLOB_KEY = /^(?!\.+\/)[\w.-]{1,64}\/[\w-]{1,100}$/;
