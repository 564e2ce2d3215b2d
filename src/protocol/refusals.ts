import type { Command, Dialect, Signal } from "./Dialect.js";
import { asRouterError, RouterError } from "./errors.js";
import { httpStatus } from "./httpStatus.js";

/** Any thrown value as others may be told it: what wasn't thrown on purpose, or is for the owner's eyes, as `internal`. */
export function toldError(thrown: unknown): RouterError {
	const error = asRouterError(thrown);
	return httpStatus(error.code) === 500 ? new RouterError("internal", undefined, { cause: thrown }) : error;
}

/** What the sender of a frame that's refused is told; `command`: what it asked for, if it could be read. */
export function refusalOf(
	command: Command | undefined,
	{ code, message, retryable }: RouterError,
): { readonly sessionId?: string; readonly signal: Signal } {
	const sessionId = command && "sessionId" in command ? command.sessionId : undefined;
	const told = { code, error: message, retryable };
	if (command?.type === "join") return { sessionId, signal: { type: "sessionRefused", ...told } };
	const messageId = command && "messageId" in command ? command.messageId : undefined;
	return { sessionId, signal: { type: "refused", ...told, messageId } };
}

/** Which of the dialects can read a frame, and what it asks for; undefined where none can. */
export function readBy(
	dialects: Iterable<Dialect>,
	frame: string,
): { readonly dialect: Dialect; readonly command: Command } | undefined {
	for (const dialect of dialects) {
		try {
			return { dialect, command: dialect.decode(frame).command };
		} catch (error) {
			if (!(error instanceof RouterError)) throw error;
		}
	}
	return undefined;
}
