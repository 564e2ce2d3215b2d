import { RouterError } from "../protocol/errors.js";
import { BLOB_KEY, type Upload } from "./BlobStore.js";

/** As long as S3 lets a signature hold: a week. */
const LONGEST_S = 604_800;
const TYPE = /^[a-z0-9][\w.+-]{0,100}\/[a-z0-9][\w.+-]{0,100}$/;

/** All of these throw `invalid_blob`. */
export function checkBlobKey(key: string): void {
	if (!BLOB_KEY.test(key)) throw new RouterError("invalid_blob", "A file's key must be `<app>/<name>`.");
}

export function checkLifetime(seconds: number): void {
	if (isWithin(seconds, LONGEST_S)) return;
	throw new RouterError("invalid_blob", `An address opens for 1 to ${LONGEST_S} whole seconds.`);
}

export function checkUpload({ key, contentType, size, expiresInS }: Upload): void {
	checkBlobKey(key);
	checkLifetime(expiresInS);
	checkContentType(contentType);
	if (!isWithin(size, Number.MAX_SAFE_INTEGER)) throw new RouterError("invalid_blob", "A file has 1 byte or more.");
}

export function checkContentType(contentType: string): void {
	if (TYPE.test(contentType)) return;
	throw new RouterError("invalid_blob", "A file's type is like `image/png`: in small letters, without parameters.");
}

export function checkFirst(first: number | undefined): void {
	if (first === undefined || isWithin(first, Number.MAX_SAFE_INTEGER)) return;
	throw new RouterError("invalid_blob", "Of a file, 1 byte or more can be read.");
}

function isWithin(value: number, most: number): boolean {
	return Number.isSafeInteger(value) && value >= 1 && value <= most;
}
