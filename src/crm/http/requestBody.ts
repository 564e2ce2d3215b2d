import type { HonoRequest } from "hono";
import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { InvalidRequest } from "./wrongFields.js";

/** What a request may have, in bytes. */
export const BODY_BYTES = 256 * 1024;

/**
 * The JSON of a request; undefined where there's none. Throws `body_too_large`, `media_type_unsupported`,
 * `InvalidRequest` for what isn't JSON.
 */
export function bodyOf(request: HonoRequest): Promise<unknown> | undefined {
	const length = request.header("content-length");
	const isChunked = request.header("transfer-encoding") !== undefined;
	if (!isChunked && (length === undefined || length === "0")) return undefined;
	return readBody(request, length, isChunked);
}

async function readBody(request: HonoRequest, length: string | undefined, isChunked: boolean): Promise<unknown> {
	if (Number(length) > BODY_BYTES) throw new RouterError("body_too_large");
	const text = isChunked ? await textWithinLimit(request.raw.body) : await request.text();
	if (text === "") return undefined;
	if (!/^application\/json *(;|$)/i.test(request.header("content-type") ?? "")) {
		throw new RouterError("media_type_unsupported");
	}
	const parsed = parse(text);
	assertShape(parsed, 1);
	return parsed;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw wrong("isn't valid JSON");
	}
}

async function textWithinLimit(stream: ReadableStream<Uint8Array> | null): Promise<string> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of stream ?? []) {
		bytes += chunk.byteLength;
		if (bytes > BODY_BYTES) throw new RouterError("body_too_large");
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}

function assertShape(value: unknown, depth: number): void {
	if (typeof value !== "object" || value === null) return;
	if (depth > LIMITS.depth) throw wrong(`is nested deeper than ${LIMITS.depth} levels`);
	for (const [key, inner] of Object.entries(value)) {
		// Copying an object that holds this key would change the copy's prototype.
		if (key === "__proto__") throw wrong("holds a field named __proto__");
		assertShape(inner, depth + 1);
	}
}

function wrong(message: string): InvalidRequest {
	return new InvalidRequest([{ in: "body", field: "", message }]);
}
