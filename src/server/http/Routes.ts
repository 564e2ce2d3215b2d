import type { IncomingMessage, ServerResponse } from "node:http";
import type { Monitor } from "../../monitoring/Monitor.js";
import { plain, type Reply, SECURITY_HEADERS } from "./Reply.js";

/** What is read of a request that has no body. */
export type Asked = Pick<IncomingMessage, "method" | "url" | "headers">;

export type Handler = (request: Asked, url: URL) => Reply | Promise<Reply>;

/** May read the request's body. */
export type PostHandler = (request: IncomingMessage, url: URL) => Reply | Promise<Reply>;

/** What is served: by path, then by method. `HEAD` is answered wherever `GET` is. */
export type RouteTable = Readonly<Record<string, { readonly GET?: Handler; readonly POST?: PostHandler }>>;

const BODY_BYTES = 256 * 1024;

/** Answers HTTP requests by a table of exact paths: what isn't in it doesn't exist. */
export class Routes {
	private readonly routes: ReadonlyMap<string, RouteTable[string]>;

	constructor(
		table: RouteTable,
		private readonly monitor: Monitor,
	) {
		this.routes = new Map(Object.entries(table));
	}

	async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { status, headers, body } = await this.answer(request).catch((error: unknown) => this.failed(request, error));
		const length = status === 304 ? undefined : { "Content-Length": Buffer.byteLength(body) };
		response.writeHead(status, { ...SECURITY_HEADERS, ...headers, ...length });
		response.end(request.method === "HEAD" ? undefined : body);
	}

	private async answer(request: IncomingMessage): Promise<Reply> {
		const { method = "GET" } = request;
		const url = urlOf(request);
		if (!url) return plain(400, "The address can't be understood.");
		const route = this.routes.get(url.pathname);
		if (!route) return plain(404, "There is nothing here.");
		const handler = method === "HEAD" ? route.GET : method === "GET" || method === "POST" ? route[method] : undefined;
		if (!handler) {
			const allowed = [route.GET && "GET, HEAD", route.POST && "POST"].filter(Boolean).join(", ");
			return plain(405, `Only ${allowed} can be done here.`, { Allow: allowed });
		}
		return handler(request, url);
	}

	private failed(request: IncomingMessage, error: unknown): Reply {
		if (error instanceof BodyTooLarge) return plain(413, error.message, { Connection: "close" });
		// Who has hung up isn't our failure, and reads no answer.
		if (!request.destroyed) this.monitor.error("request failed", error, { path: urlOf(request)?.pathname });
		return plain(500, "Something went wrong here; the log tells more.");
	}
}

class BodyTooLarge extends Error {}

/** A request's address; undefined for one that can't be parsed. */
export function urlOf(request: Pick<IncomingMessage, "url">): URL | undefined {
	// Without a host, so that a path that begins with two slashes stays a path.
	const address = `http://localhost${request.url}`;
	return request.url?.startsWith("/") && URL.canParse(address) ? new URL(address) : undefined;
}

export async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	// Destroyed, the request could not be answered any more.
	for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > BODY_BYTES) throw new BodyTooLarge(`The body is over ${BODY_BYTES} bytes.`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}
