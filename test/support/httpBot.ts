import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** How a bot answers one request. */
export type Step = (response: ServerResponse, request: IncomingMessage) => void;

export interface Received {
	readonly method: string | undefined;
	readonly url: string | undefined;
	readonly headers: IncomingMessage["headers"];
	readonly body: string;
	readonly timeMs: number;
}

/** A bot on loopback that answers by a script: each request by the next step, then always by the last one. */
export class HttpBot {
	steps: Step[];
	readonly received: Received[] = [];
	/** How many connections were made to it. */
	connections = 0;
	readonly #server = createServer((request, response) => void this.#serve(request, response));

	private constructor(steps: Step[]) {
		this.steps = steps;
		this.#server.on("connection", () => this.connections++);
	}

	static async start(...steps: Step[]): Promise<HttpBot> {
		const bot = new HttpBot(steps);
		await once(bot.#server.listen(0, "127.0.0.1"), "listening");
		return bot;
	}

	get origin(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** The bodies that arrived, parsed. */
	get requests(): Record<string, unknown>[] {
		return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
	}

	async close(): Promise<void> {
		this.#server.close();
		this.#server.closeAllConnections();
		await once(this.#server, "close");
	}

	/** Ends the connections that are kept alive without telling their clients' agents beforehand. */
	dropConnections(): void {
		this.#server.closeAllConnections();
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method, url, headers } = request;
		this.received.push({ method, url, headers, body: await text(request), timeMs: performance.now() });
		const step = this.steps[Math.min(this.received.length, this.steps.length) - 1];
		step?.(response, request);
	}
}

export const json =
	(value: unknown, status = 200, headers: Record<string, string> = {}): Step =>
	(response) => {
		response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
	};

export const body =
	(content: string | Buffer, type: string, headers: Record<string, string> = {}): Step =>
	(response) => {
		response.writeHead(200, { "content-type": type, ...headers }).end(content);
	};

/** Takes the request and says nothing. */
export const silence: Step = () => {};

/** Sends the beginning of an answer at once, and then a byte now and then, for ever. */
export const dribble: Step = (response) => {
	response.writeHead(200, { "content-type": "application/json" }).write('{"outputSpeech":"');
	const timer = setInterval(() => response.write("a"), 20);
	response.on("close", () => clearInterval(timer));
};

/** The process dies before it answers, or in the middle of its answer. */
export const die: Step = (_, { socket }) => void socket.destroy();
export const dieMidway: Step = (response, { socket }) => {
	response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
	response.write('{"outputSpeech":', () => socket.destroy());
};
