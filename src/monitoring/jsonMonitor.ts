import { describedError } from "./describedError.js";
import type { Fields, Monitor } from "./Monitor.js";

export interface JsonMonitorOptions {
	/** What is less important isn't said. Default `"info"`. */
	readonly level?: LogLevel;
	/** Takes a line, without its end. Default: `warn` and `error` go to stderr, the others to stdout. */
	readonly write?: (level: keyof Monitor, line: string) => void;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of JSON for each event: `level`, `time` (ISO 8601), `event`, its fields, and `error` with its causes. */
export function jsonMonitor({ level = "info", write = toStandardStreams }: JsonMonitorOptions = {}): Monitor {
	const least = LOG_LEVELS.indexOf(level);
	const say = (at: keyof Monitor, event: string, fields?: Fields, error?: unknown) => {
		if (LOG_LEVELS.indexOf(at) < least) return;
		const line = { level: at, time: new Date().toISOString(), event, ...fields, error: describedError(error) };
		write(at, JSON.stringify(line));
	};
	return {
		debug: (event, fields) => say("debug", event, fields),
		info: (event, fields) => say("info", event, fields),
		warn: (event, fields) => say("warn", event, fields),
		error: (event, error, fields) => say("error", event, fields, error),
	};
}

/** Not by `console`, which Lambda makes put the request's id before each line, so that it's no JSON any more. */
function toStandardStreams(level: keyof Monitor, line: string): void {
	const stream = level === "warn" || level === "error" ? process.stderr : process.stdout;
	stream.write(`${line}\n`);
}
