import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/**
 * What happens to a request: DynamoDB never sees it, and the answer is this error; or DynamoDB carries it out, and its
 * answer gets lost (`cut`: the connection breaks, `hang`: it stays silent, 500: it becomes an error of the server).
 */
export type Fault =
	| { readonly refuse: { readonly __type: string; readonly [field: string]: unknown } }
	| { readonly lose: "cut" | "hang" | 500 }
	/** DynamoDB never sees the request; this is the answer. */
	| { readonly answer: object }
	/** Happens before the request is passed on. */
	| { readonly before: () => Promise<void> };

export interface Seen {
	/** Of the API, e.g. `PutItem`. */
	readonly operation: string;
	readonly body: Record<string, unknown>;
}

/** A proxy before DynamoDB, on this machine, that spoils what it's told to. */
export class FaultyProxy {
	/** Faults of the requests to come, in their order. An undefined one lets its request through, as does none. */
	faults: (Fault | undefined)[] = [];
	/** What happens to a request where `faults` has nothing for it. */
	rule: ((seen: Seen) => Fault | undefined) | undefined;
	/** The requests that came. */
	seen: Seen[] = [];
	readonly #target: string;
	readonly #server = createServer((incoming, answer) => {
		this.#pass(incoming)
			.then((reply) => {
				if (reply === "cut") incoming.socket.destroy();
				else if (reply !== "hang") answer.writeHead(reply.status, HEADERS).end(reply.text);
			})
			.catch((error: unknown) => answer.destroy(error as Error));
	});

	constructor(target: string) {
		this.#target = target;
	}

	async start(): Promise<string> {
		this.#server.listen(0, "127.0.0.1");
		await once(this.#server, "listening");
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	stop(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}

	async #pass(incoming: IncomingMessage): Promise<"cut" | "hang" | { status: number; text: string }> {
		const body = (await json(incoming)) as Record<string, unknown>;
		const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "";
		const seen = { operation, body };
		this.seen.push(seen);
		const fault = this.faults.length > 0 ? this.faults.shift() : this.rule?.(seen);
		if (fault && "refuse" in fault) return { status: 400, text: JSON.stringify(fault.refuse) };
		if (fault && "answer" in fault) return { status: 200, text: JSON.stringify(fault.answer) };
		if (fault && "before" in fault) await fault.before();
		const reply = await forwarded(this.#target, incoming.headers, JSON.stringify(body));
		if (!fault || "before" in fault) return reply;
		return fault.lose === 500 ? { status: 500, text: JSON.stringify({ __type: "InternalServerError" }) } : fault.lose;
	}
}

/** Passes a request on to DynamoDB; answers what it answers. */
export async function forwarded(
	target: string,
	headers: IncomingMessage["headers"],
	body: string,
): Promise<{ status: number; text: string }> {
	const passed = { ...headers, "content-length": Buffer.byteLength(body) };
	const sent = request(target, { method: "POST", headers: passed }).end(body);
	const [answer] = (await once(sent, "response")) as [IncomingMessage];
	const chunks: Buffer[] = [];
	for await (const chunk of answer) chunks.push(chunk as Buffer);
	return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

const HEADERS = { "content-type": "application/x-amz-json-1.0" };
