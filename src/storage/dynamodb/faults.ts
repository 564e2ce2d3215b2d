import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { asRouterError, RouterError } from "../../protocol/errors.js";
import type { Item } from "./values.js";

/** What an error of the SDK may have. Read by name: an injected client may be of another copy of the SDK. */
interface Fault {
	readonly name?: string;
	readonly message?: string;
	/** Of the network: ECONNRESET and so on. */
	readonly code?: string;
	readonly $metadata?: { readonly httpStatusCode?: number };
	readonly Item?: Item;
	readonly CancellationReasons?: readonly CancellationReason[];
}

/** Why DynamoDB wrote nothing: it was busy, or conditions failed (with the items that it had, by position). */
export type Refusal = { readonly busy: true } | { readonly failed: ReadonlyMap<number, Item | undefined> };

const BUSY = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/** Settings and rights: trying again won't help before somebody has changed them. */
const MISCONFIGURED = [
	"ResourceNotFoundException",
	"AccessDeniedException",
	"UnrecognizedClientException",
	"InvalidSignatureException",
	"CredentialsProviderError",
];

export function isNamed(error: unknown, ...names: string[]): boolean {
	return names.includes(faultOf(error).name ?? "");
}

/** Whether DynamoDB may have done what this call asked, although the call failed: only an answer 4xx says that it didn't. */
export function mayHaveHappened(error: unknown): boolean {
	const { code, $metadata } = faultOf(error);
	const status = $metadata?.httpStatusCode;
	return code !== "ECONNREFUSED" && !(status !== undefined && status >= 400 && status < 500);
}

/** Undefined for any other error than a refused write. */
export function refusalOf(error: unknown): Refusal | undefined {
	const { Item, CancellationReasons = [] } = faultOf(error);
	if (isNamed(error, "TransactionConflictException")) return { busy: true };
	if (isNamed(error, "ConditionalCheckFailedException")) return { failed: new Map([[0, Item]]) };
	const failed = new Map<number, Item | undefined>();
	CancellationReasons.forEach((reason, i) => {
		if (reason.Code === "ConditionalCheckFailed") failed.set(i, reason.Item);
	});
	if (failed.size > 0) return { failed };
	return CancellationReasons.some(({ Code }) => BUSY.includes(Code ?? "")) ? { busy: true } : undefined;
}

/** The error of the storage contract for an error of the SDK; a mistake of our own becomes `internal`. */
export function asStorageError(error: unknown): RouterError {
	if (error instanceof RouterError) return error;
	const { name, code, message = "", $metadata, CancellationReasons = [] } = faultOf(error);
	const options = { cause: error };
	const invalid = CancellationReasons.find((reason) => reason.Code === "ValidationError");
	if (name === "ValidationException" || invalid) return validationError(invalid?.Message ?? message, error);
	if (MISCONFIGURED.includes(name ?? "")) {
		return new RouterError("configuration_invalid", `DynamoDB can't be used: ${name}: ${message}`, options);
	}
	if (!$metadata && typeof code !== "string" && name !== "TimeoutError") return asRouterError(error);
	return new RouterError("storage_unavailable", `DynamoDB did not do it: ${name}: ${message}`, options);
}

/** DynamoDB has one name for all that's wrong with a request; only the sentence tells them apart. */
function validationError(message: string, cause: unknown): RouterError {
	if (/size/i.test(message)) return new RouterError("record_too_large", `DynamoDB: ${message}`, { cause });
	if (/document path|incorrect data type|UpdateExpression/i.test(message)) {
		return new RouterError("invalid_path", `DynamoDB: ${message}`, { cause });
	}
	return new RouterError("invalid_query", `DynamoDB: ${message}`, { cause });
}

function faultOf(error: unknown): Fault {
	return typeof error === "object" && error !== null ? error : {};
}
