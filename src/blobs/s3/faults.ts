import { RouterError } from "../../protocol/errors.js";

interface S3Fault {
	readonly name?: string;
	readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What an operator has to put right; anything else may pass by itself. Answers to HEAD have a status only. */
const MISTAKES = new Set([
	"NoSuchBucket",
	"AccessDenied",
	"InvalidAccessKeyId",
	"SignatureDoesNotMatch",
	"PermanentRedirect",
	"CredentialsProviderError",
]);

/** Whether the bucket lacks this file; a bucket that isn't there is something else. */
export function isMissing(error: unknown): boolean {
	const { name, $metadata } = error as S3Fault;
	return $metadata?.httpStatusCode === 404 && name !== "NoSuchBucket";
}

/** A failure of S3's as a `RouterError`. */
export function asBlobError(bucket: string, error: unknown): RouterError {
	if (error instanceof RouterError) return error;
	const { name = "unknown", $metadata } = error as S3Fault;
	const isMistake = MISTAKES.has(name) || $metadata?.httpStatusCode === 403;
	return new RouterError(
		isMistake ? "configuration_invalid" : "storage_unavailable",
		`The bucket ${bucket} could not be used (${name}).`,
		{ cause: error },
	);
}
