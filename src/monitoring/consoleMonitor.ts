import type { Fields, Monitor } from "./Monitor.js";

export interface ConsoleMonitorOptions {
	/** What is less important isn't said. Default `"info"`. */
	readonly level?: ConsoleLevel;
	/** Takes a line, without its end. Default: `warn` and `error` go to stderr, the others to stdout. */
	readonly write?: (level: keyof Monitor, line: string) => void;
}

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type ConsoleLevel = (typeof LEVELS)[number];

/** Whether this names a level. */
export function isConsoleLevel(level: string): level is ConsoleLevel {
	return (LEVELS as readonly string[]).includes(level);
}

/** How far down the causes of an error are told. */
const CAUSES = 5;

/** One line of JSON for each event: `level`, `time` (ISO 8601), `event`, its fields, and `error` with its causes. */
export function consoleMonitor({ level = "info", write = toStandardStreams }: ConsoleMonitorOptions = {}): Monitor {
	const least = LEVELS.indexOf(level);
	const say = (at: keyof Monitor, event: string, fields?: Fields, error?: unknown) => {
		if (LEVELS.indexOf(at) < least) return;
		const line = { level: at, time: new Date().toISOString(), event, ...fields, error: described(error) };
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

function described(error: unknown, causes = CAUSES): unknown {
	if (typeof error !== "object" || error === null) return error === undefined ? undefined : String(error);
	const { name, code, message, stack, cause } = error as Partial<Error> & { code?: unknown };
	return { name, code, message, stack, cause: causes > 0 ? described(cause, causes - 1) : undefined };
}
