import { type DestinationStream, destination, pino, stdTimeFunctions } from "pino";
import type { Monitor } from "./Monitor.js";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

const CAUSES = 5;

/** Writes one line of JSON for each event; to stderr, because stdout is for people. */
export function pinoMonitor(level: LogLevel, to: DestinationStream = destination(2)): Monitor {
	const log = pino(
		{
			level,
			base: null,
			messageKey: "event",
			timestamp: stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
		},
		to,
	);
	return {
		debug: (event, fields) => log.debug(fields, event),
		info: (event, fields) => log.info(fields, event),
		warn: (event, fields) => log.warn(fields, event),
		error: (event, error, fields) => log.error({ ...fields, error: described(error, CAUSES) }, event),
	};
}

/** An error by what we know to be safe: other properties (a request that failed, say) could hold what logs may not. */
function described(error: unknown, causes: number): object {
	if (!(error instanceof Error)) return { message: typeof error === "string" ? error : `a thrown ${typeof error}` };
	const { code, message, stack, cause } = error as Error & { code?: unknown };
	return {
		code: typeof code === "string" ? code : undefined,
		message,
		stack,
		cause: cause !== undefined && causes > 0 ? described(cause, causes - 1) : undefined,
	};
}
