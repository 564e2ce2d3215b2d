/** How a server is spoken to. */
export type Speech = "ours" | "socketio" | "ws";

/** What a load generator is to do. */
export interface Job {
	readonly scenario: "throughput" | "latency" | "idle" | "jitter" | "restart" | "rest";
	readonly speech: Speech;
	/** Host and port. */
	readonly origin: string;
	/** Lets an agent in at ours. */
	readonly token: string;
	readonly rooms: number;
	readonly seconds: number;
	readonly warmUpSeconds: number;
	/** `rest`: what is asked for. */
	readonly path?: string;
	/** `throughput`: messages that a client may have in flight; `rest`: connections. */
	readonly window: number;
	/** `latency`, `jitter`: messages a second, of all clients together. */
	readonly perSecond: number;
}

/** Characters of what is said. */
export const TEXT_LENGTH = 150;

/** A message's text: begins with its id, and has 150 bytes. */
export function textOf(id: string): string {
	return `${id} `.padEnd(TEXT_LENGTH, "where is my order ");
}

/** The id at the beginning of a text. */
export function idIn(text: string): string {
	return text.slice(0, text.indexOf(" "));
}
