import type { Promotion } from "./BlobStore.js";

/**
 * The header by which a browser shows or saves a file under a name (RFC 6266). Whatever the name holds, it stays inside
 * its quotes: old browsers get a plain one, others the name in full.
 */
export function contentDisposition({ disposition, fileName }: Pick<Promotion, "disposition" | "fileName">): string {
	const plain = fileName.replace(/[^ -~]|["\\%]/g, "_");
	return `${disposition}; filename="${plain}"; filename*=UTF-8''${encodeExtended(fileName)}`;
}

/** As RFC 8187 wants it: `encodeURIComponent` leaves some characters that it doesn't allow. */
function encodeExtended(text: string): string {
	return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD")).replace(
		/['()*]/g,
		(each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}
