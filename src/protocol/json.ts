import { RouterError } from "./errors.js";
import { LIMITS } from "./limits.js";

/**
 * Parses a client's frame: an object within the limits of size and depth, without `__proto__`.
 * Throws `RouterError`: `frame_too_large` or `invalid_frame`.
 */
export function parseFrame(frame: string): Record<string, unknown> {
	const bytes = Buffer.byteLength(frame);
	if (bytes > LIMITS.frameBytes) {
		throw new RouterError("frame_too_large", `The frame has ${bytes} bytes; ${LIMITS.frameBytes} are allowed.`);
	}
	let value: unknown;
	try {
		value = JSON.parse(frame);
	} catch (cause) {
		throw new RouterError("invalid_frame", "The frame is not valid JSON.", { cause });
	}
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		throw new RouterError("invalid_frame", "The frame must be a JSON object.");
	}
	checkShape(value, 1);
	return value as Record<string, unknown>;
}

function checkShape(value: object, depth: number): void {
	if (depth > LIMITS.depth) {
		throw new RouterError("invalid_frame", `The frame is nested deeper than ${LIMITS.depth} levels.`);
	}
	for (const key of Object.keys(value)) {
		// Copying an object that holds this key would change the copy's prototype.
		if (key === "__proto__") throw new RouterError("invalid_frame", "The frame holds a field named __proto__.");
		const inner = (value as Record<string, unknown>)[key];
		if (typeof inner === "object" && inner !== null) checkShape(inner, depth + 1);
	}
}
