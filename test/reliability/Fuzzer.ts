import { once } from "node:events";
import { WebSocket } from "ws";
import type { RouterMessage } from "../../src/protocol/router/frames.js";

type Failure = RouterMessage<{ readonly code?: string; readonly error?: string }>;

/** Refusals of frames that never came to the decoder. */
const TURNED_AWAY: readonly string[] = ["rate_limited", "overloaded"];

/** A connection that sends what it's given, and knows how much of it the server has read. */
export class Fuzzer {
	/** Frames that the server has decoded, or refused to. */
	reached = 0;
	/** Refusals, by their code. */
	readonly refusals = new Map<string, number>();
	private marks = 0;
	private answered: () => void = () => {};
	private failed: (error: Error) => void = () => {};

	private constructor(private readonly socket: WebSocket) {
		socket.on("message", (text) => this.take(text.toString()));
		socket.on("error", (error) => this.failed(error));
		socket.on("close", (code, reason) => this.failed(new Error(`Closed with ${code} ${reason}.`)));
	}

	static async connect(url: string, query: Readonly<Record<string, string>>): Promise<Fuzzer> {
		const address = new URL("/ws", url.replace(/^http/, "ws"));
		address.search = String(new URLSearchParams(query));
		const socket = new WebSocket(address);
		await once(socket, "open");
		return new Fuzzer(socket);
	}

	/**
	 * Sends these frames; resolves when all of them were read. Frames of a connection are served in order, so that the
	 * refusal to type in a session where it isn't says that what came before it is done.
	 */
	async send(frames: readonly string[]): Promise<void> {
		for (const frame of frames) this.socket.send(frame);
		this.socket.send(JSON.stringify({ event: "typing", sessionId: markOf(++this.marks) }));
		await new Promise<void>((resolve, reject) => {
			this.answered = resolve;
			this.failed = reject;
		});
		this.reached += frames.length;
	}

	close(): void {
		this.socket.close(1001);
	}

	private take(text: string): void {
		const { event, sessionId, data = {} } = JSON.parse(text) as Failure;
		if (event !== "failure" || data.code === undefined) return;
		const { code } = data;
		if (TURNED_AWAY.includes(code)) this.failed(new Error(`A frame was turned away: ${code}.`));
		if (sessionId === markOf(this.marks)) this.answered();
		else this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
	}
}

/** A session that nobody is in. */
function markOf(number: number): string {
	return `mark-${number}`;
}
