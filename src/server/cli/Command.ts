import type { parseArgs } from "node:util";

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** What a command was called with. */
export interface Call {
	readonly options: Readonly<Record<string, string | boolean | undefined>>;
	readonly words: readonly string[];
}

/** One command of the CLI. */
export interface Command {
	/** In one line. */
	readonly summary: string;
	/** After the command's name. */
	readonly usage: string;
	/** What else there is to know, in lines. */
	readonly details: string;
	readonly options: Options;
	/** How many words it takes besides its options. */
	readonly words: number;
	/** Throws `WrongUsage`, or a `RouterError` whose message says what to do. */
	run(call: Call): Promise<void>;
}

/** The command was called in a way that it can't be. */
export class WrongUsage extends Error {}
