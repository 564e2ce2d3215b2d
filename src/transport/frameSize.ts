import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";

/** The error for a frame of that many bytes (UTF-8), if it's over what every transport carries. */
export function frameTooLarge(bytes: number): RouterError | undefined {
	if (bytes <= LIMITS.outboundBytes) return undefined;
	return new RouterError(
		"frame_too_large",
		`The frame has ${bytes} bytes; at most ${LIMITS.outboundBytes} can be sent.`,
	);
}
