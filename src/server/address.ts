import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RouterError } from "../protocol/errors.js";
import type { Settings } from "./settings.js";

/** Listens as the settings say; throws `configuration_invalid` with the variable that is to blame. */
export async function listen(http: HttpServer, { port, host }: Pick<Settings, "port" | "host">): Promise<string> {
	try {
		await once(http.listen(port, host), "listening");
	} catch (cause) {
		throw new RouterError("configuration_invalid", problem(cause, port, host), { cause });
	}
	return addressOf(http.address() as AddressInfo);
}

/** Where this machine reaches the server: one that listens at all addresses is reached at loopback. */
function addressOf({ address, family, port }: AddressInfo): string {
	if (address === "0.0.0.0") return `http://127.0.0.1:${port}`;
	if (address === "::") return `http://[::1]:${port}`;
	return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function problem(cause: unknown, port: number, host: string): string {
	const { code = "unknown error" } = cause as NodeJS.ErrnoException;
	if (code === "EADDRINUSE") {
		return `PORT ${port} is in use at ${host}; stop what listens there, or set PORT to another one (0 takes any free one).`;
	}
	if (code === "EACCES") return `PORT ${port} may not be listened at by this user; set PORT to one from 1024 up.`;
	return `HOST ${host} can't be listened at (${code}); set HOST to an address of this machine, such as 127.0.0.1.`;
}
