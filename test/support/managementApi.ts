import { createHash, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** What the SDK in a test must sign with: put these into `process.env`. */
export const CREDENTIALS = {
	AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
	AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	AWS_REGION: "eu-west-1",
};

/** How a request is answered instead of by its merit. `drop` cuts its socket without an answer. */
export interface Answer {
	readonly status?: number;
	/** The error's name, in the header that AWS sends it in. */
	readonly name?: string;
	readonly message?: string;
	readonly delayMs?: number;
	readonly drop?: boolean;
}

/** API Gateway's end of one WebSocket connection. */
export interface HeldConnection {
	readonly id: string;
	readonly received: string[];
	readonly ended: Promise<void>;
	/** Ends it, as if the client had. */
	close(): void;
}

export interface ManagementApi {
	/** With the stage, as `callbackUrl` gives it. */
	readonly url: string;
	/** Every request so far: its method, path as sent, status, and when it came, by `performance.now`. */
	readonly requests: readonly {
		readonly method: string;
		readonly path: string;
		readonly status: number;
		readonly begun: number;
	}[];
	/** TCP connections open now. */
	sockets(): Promise<number>;
	connect(): HeldConnection;
	/** The next requests get these answers, one each. */
	next(...answers: Answer[]): void;
	/** All requests get this answer, until it's `undefined` again. */
	always(answer: Answer | undefined): void;
	close(): Promise<void>;
}

/**
 * API Gateway's management API on loopback: `POST`, `GET` and `DELETE /{stage}/@connections/{id}`, for requests with a
 * right Signature Version 4; other paths and signatures are 403, unknown connections 410, over 128 KB 413, as there.
 */
export async function managementApi(stage = "prod", credentials = CREDENTIALS): Promise<ManagementApi> {
	const held = new Map<string, HeldConnection>();
	const requests: { method: string; path: string; status: number; begun: number }[] = [];
	const scripted: Answer[] = [];
	let standing: Answer | undefined;

	function merit(request: IncomingMessage, body: Buffer): Answer {
		if (!rightlySigned(request, body, credentials)) {
			return { status: 403, name: "InvalidSignatureException", message: "The request signature does not match." };
		}
		const path = decodeURIComponent(request.url ?? "");
		const prefix = `${stage && `/${stage}`}/@connections/`;
		if (!path.startsWith(prefix)) return { status: 403, name: "ForbiddenException", message: "Forbidden" };
		const id = path.slice(prefix.length);
		if (!/^[\w=-]+$/.test(id)) {
			return { status: 400, name: "BadRequestException", message: `Invalid connectionId: ${id}` };
		}
		const connection = held.get(id);
		if (!connection) return { status: 410, name: "GoneException" };
		if (request.method === "DELETE") {
			connection.close();
			return { status: 204 };
		}
		if (body.byteLength > 128 * 1024) return { status: 413, name: "PayloadTooLargeException" };
		if (request.method === "POST") connection.received.push(body.toString());
		return { status: 200 };
	}

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const begun = performance.now();
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const told = scripted.shift() ?? standing;
		if (told?.delayMs) await wait(told.delayMs);
		if (told?.drop) return void request.socket.destroy();
		const given = told?.status ? told : merit(request, Buffer.concat(chunks));
		const { status = 200, name, message } = given;
		requests.push({ method: request.method ?? "", path: request.url ?? "", status, begun });
		if (name) response.setHeader("x-amzn-errortype", name);
		response.statusCode = status;
		response.end(status < 300 ? undefined : JSON.stringify({ message: message ?? null }));
	}

	const server = createServer((request, response) => void answer(request, response));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;

	return {
		url: `http://127.0.0.1:${port}${stage && `/${stage}`}`,
		requests,
		sockets: () =>
			new Promise((resolve, reject) => server.getConnections((error, open) => (error ? reject(error) : resolve(open)))),
		connect() {
			const id = randomBytes(11).toString("base64url").concat("=");
			let close = () => {};
			const ended = new Promise<void>((resolve) => {
				close = () => {
					held.delete(id);
					resolve();
				};
			});
			const connection = { id, received: [], ended, close };
			held.set(id, connection);
			return connection;
		},
		next: (...answers) => void scripted.push(...answers),
		always: (given) => {
			standing = given;
		},
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}

/** Signature Version 4, computed from what arrived: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function rightlySigned(request: IncomingMessage, body: Buffer, credentials: typeof CREDENTIALS): boolean {
	const form =
		/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/[\w-]+\/execute-api\/aws4_request), SignedHeaders=([\w;-]+), Signature=(\w+)$/;
	const [, key, scope = "", signed = "", signature] = form.exec(request.headers.authorization ?? "") ?? [];
	const [day = "", region = ""] = scope.split("/");
	if (key !== credentials.AWS_ACCESS_KEY_ID || region !== credentials.AWS_REGION) return false;
	if (!["host", "x-amz-date"].every((name) => signed.split(";").includes(name))) return false;

	const path = (request.url ?? "").split("/").map(encodeURIComponent).join("/");
	const headers = signed.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
	const canonical = [request.method, path, "", headers.join(""), signed, sha256(body)].join("\n");
	const time = String(request.headers["x-amz-date"]);
	const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
	const signingKey = [day, region, "execute-api", "aws4_request"].reduce<Buffer>(
		(secret, part) => hmac(secret, part),
		Buffer.from(`AWS4${credentials.AWS_SECRET_ACCESS_KEY}`),
	);
	return time.startsWith(day) && signature === hmac(signingKey, toSign).toString("hex");
}

function sha256(data: string | Buffer): string {
	return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer, data: string): Buffer {
	return createHmac("sha256", key).update(data).digest();
}
