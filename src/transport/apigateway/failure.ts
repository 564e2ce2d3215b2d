import { RouterError } from "../../protocol/errors.js";

/** What the management API's answer, or the lack of one, means. */
export type Failure = "gone" | "passing" | "final";

/** Errors before a request was answered that come of the connection to AWS (e.g. a socket that outlived its Lambda's freeze). */
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "EAI_AGAIN"]);

/** Reads the status code, not the error's name: serverless-offline's 410 is called `Unknown`. */
export function failureOf(error: unknown): Failure {
	const { $metadata, code, message } = fields(error);
	const status = $metadata?.httpStatusCode;
	if (status === undefined) return code !== undefined && NETWORK.has(code) ? "passing" : "final";
	// An id that API Gateway can't have made (one of serverless-offline's, in a shared table) is a 400 rather than a 410:
	// https://github.com/dherault/serverless-offline/issues/749
	if (status === 410 || (status === 400 && message?.includes("Invalid connectionId"))) return "gone";
	return status === 429 || status >= 500 ? "passing" : "final";
}

/** The contract's error for a final failure, or for one that didn't pass in time. */
export function transportError(error: unknown, url: string): RouterError {
	if (error instanceof RouterError) return error;
	const { $metadata, name, message } = fields(error);
	const status = $metadata?.httpStatusCode;
	if (status === 413) return new RouterError("frame_too_large", undefined, { cause: error });
	const answer = status === undefined ? `can't be reached (${message ?? name})` : `answered ${status} (${name})`;
	const hint = status === 403 ? " May this role execute-api:ManageConnections, and is this the stage's URL?" : "";
	return new RouterError("transport_failed", `API Gateway at ${url} ${answer}.${hint}`, { cause: error });
}

interface SdkError {
	readonly name?: string;
	readonly message?: string;
	readonly code?: string;
	readonly $metadata?: { readonly httpStatusCode?: number };
}

function fields(error: unknown): SdkError {
	return typeof error === "object" && error !== null ? error : {};
}
