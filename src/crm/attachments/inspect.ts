import { RouterError } from "../../protocol/errors.js";
import { type ContentType, FILE_TYPES } from "./fileTypes.js";
import type { Finding } from "./formats/Finding.js";

/**
 * What is wrong with a file that says it's of this type, by its bytes alone; undefined where nothing is. It finds wrong
 * types, broken files and the known ways to hide one thing in another; it's no virus scanner, and what it lets pass is
 * still served so that no browser runs it.
 */
export function inspect(bytes: Uint8Array, contentType: ContentType): Finding | undefined {
	return FILE_TYPES[contentType].fault(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

export function asError({ code, reason }: Finding): RouterError {
	return new RouterError(code, reason);
}
