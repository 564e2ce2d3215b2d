import { randomBytes } from "node:crypto";
import { loadEnvironment } from "../../src/server/settings.js";
import { openOffline } from "./Offline.js";

/** Runs it until the process is told to stop. */
export async function runOffline(): Promise<void> {
	const environment = loadEnvironment();
	const {
		PORT = "3000",
		ADMIN_EMAIL = "admin@example.com",
		ADMIN_PASSWORD = randomBytes(15).toString("base64url"),
		JWT_SECRET = randomBytes(32).toString("base64url"),
	} = environment;

	const stopping = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());

	const offline = await openOffline({
		port: Number(PORT),
		variables: { ...environment, ADMIN_EMAIL, ADMIN_PASSWORD, JWT_SECRET, LOG_LEVEL: environment.LOG_LEVEL ?? "warn" },
		say: (text) => process.stderr.write(text),
	});
	if (!stopping.signal.aborted) {
		process.stdout.write(`
The functions answer at ${offline.url}, their WebSocket at ${offline.socketUrl}.
Sign in by POST ${offline.url}/api/auth/login as ${ADMIN_EMAIL}${environment.ADMIN_PASSWORD ? "" : ` with ${ADMIN_PASSWORD}`}.
Nothing is kept when this ends: Ctrl+C.
`);
		await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
	}
	await offline.close();
	process.exit(0);
}
