import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientOptions, WebSocket } from "ws";
import { jsonMonitor } from "../../src/monitoring/jsonMonitor.js";
import type { RouterMessage } from "../../src/protocol/router/frames.js";
import { type Environment, type RunningServer, readSettings, startServer } from "../../src/server/index.js";
import { afterwards } from "../support/afterwards.js";

export { afterwards };

export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "stentor-server-"));
	afterwards(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

export interface LogLine extends Record<string, unknown> {
	readonly level: string;
	readonly event: string;
}

export interface GivenServer extends RunningServer {
	readonly wsUrl: string;
	readonly dataDir: string;
	readonly log: LogLine[];
}

/** A server on a free port of loopback with a folder of its own; closed after the test. */
export async function givenServer(environment: Environment = {}, clock = Date.now): Promise<GivenServer> {
	const settings = readSettings({ PORT: "0", DATA_DIR: temporaryFolder(), LOG_LEVEL: "debug", ...environment });
	const log: LogLine[] = [];
	const write = (_: string, line: string) => log.push(JSON.parse(line));
	const server = await startServer(settings, jsonMonitor({ level: settings.logLevel, write }), clock);
	afterwards(() => server.close());
	return { ...server, wsUrl: `${server.url.replace("http", "ws")}/ws`, dataDir: settings.dataDir, log };
}

/** The answer to a handshake that was refused. */
export async function refusal(address: string, options?: ClientOptions): Promise<{ status?: number; text: string }> {
	const socket = new WebSocket(address, options);
	socket.on("error", () => {});
	const [, response] = await once(socket, "unexpected-response");
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(chunk);
	return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
}

type Frame = RouterMessage<Record<string, unknown>>;

/** A client that speaks the router dialect over a real WebSocket. */
export class WireClient {
	readonly frames: Frame[] = [];
	private readonly closed: Promise<number>;

	private constructor(
		readonly socket: WebSocket,
		readonly session: string,
	) {
		socket.on("message", (data) => this.frames.push(JSON.parse(data.toString())));
		socket.on("error", () => {});
		this.closed = new Promise((resolve) => socket.once("close", (code) => resolve(code)));
	}

	static async connect(address: string, session: string, options?: ClientOptions): Promise<WireClient> {
		const client = new WireClient(new WebSocket(address, options), session);
		await once(client.socket, "open");
		afterwards(() => client.socket.terminate());
		return client;
	}

	/** A visitor that has joined its session. */
	static async visitor(wsUrl: string, session: string, user = `user-${session}`): Promise<WireClient> {
		const client = await WireClient.connect(`${wsUrl}?userId=${encodeURIComponent(user)}`, session);
		client.send({ event: "user joined" });
		await client.until((frames) => frames.some(({ event }) => event === "connection update"));
		return client;
	}

	send(frame: Record<string, unknown>): void {
		this.socket.send(JSON.stringify({ sessionId: this.session, timeMs: Date.now(), ...frame }));
	}

	say(text: string, messageId?: string): void {
		this.send({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: text } });
	}

	of(event: string): Frame[] {
		return this.frames.filter((frame) => frame.event === event);
	}

	/** The texts of what was said to it. */
	get read(): string[] {
		return this.of("new message").map(({ data }) => {
			const speech = data?.outputSpeech as { displayText?: string } | string | undefined;
			return String(typeof speech === "object" ? speech.displayText : (speech ?? data?.rawQuery));
		});
	}

	/** The code it was closed with. */
	get closeCode(): Promise<number> {
		return this.closed;
	}

	async until(condition: (frames: Frame[]) => boolean): Promise<void> {
		await eventually(
			() => condition(this.frames),
			() => JSON.stringify(this.frames, undefined, 1),
		);
	}
}

let patienceMs = 10_000;

/** How long `eventually` waits in this test file, where what it waits for goes through more processes than a server. */
export function waitAtMost(ms: number): void {
	patienceMs = ms;
}

/** Waits until a condition holds, looking every `everyMs`, for ten seconds at most, or as `waitAtMost` says. */
export async function eventually(
	condition: () => boolean | Promise<boolean>,
	state: () => string = () => "",
	everyMs = 10,
): Promise<void> {
	const end = Date.now() + patienceMs;
	while (!(await condition())) {
		if (Date.now() > end) throw new Error(`It didn't come to that. ${state()}`);
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
}
