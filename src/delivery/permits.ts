import type { Command } from "../protocol/Dialect.js";
import type { Connected } from "./Connections.js";
import type { Permits } from "./ports.js";

/** Asks for what is asked for at a connection. Throws, or rejects with, the `RouterError` that refuses it. */
export function permitted(
	permits: Permits | undefined,
	{ app, connector, record }: Connected,
	command: Command["type"],
	sessionId?: string,
): Promise<void> | undefined {
	const { role } = connector;
	const { account, isAdmin = false } = record;
	return permits?.ask({ app: app.id, role, account, isAdmin, command, sessionId });
}
