import type { IncomingMessage } from "node:http";

/**
 * Where a request comes from: what isn't said by a proxy of the owner's can be anything. `trustedProxies`: how many of
 * them stand before the server; each adds to `X-Forwarded-For` whom it was asked by.
 */
export function callerAddress({ socket, headers }: IncomingMessage, trustedProxies: number): string | undefined {
	if (trustedProxies === 0) return socket.remoteAddress;
	const said = String(headers["x-forwarded-for"] ?? "").split(",");
	return said.at(-trustedProxies)?.trim() || socket.remoteAddress;
}
