import { expect } from "@jest/globals";
import type { ChatServer } from "../e2e/ChatServer.js";
import { check } from "./check.js";
import type { History } from "./history.js";
import type { RouterClient } from "./RouterClient.js";
import { readStored } from "./storedLogs.js";

/** Kills the server: what it has kept, and what everybody has seen, is right. */
export async function expectRight(
	server: ChatServer,
	history: History,
	options?: Parameters<typeof check>[1],
): Promise<void> {
	await server.kill();
	const { damage, logs } = readStored(server.dataDir);
	expect(damage).toEqual([]);
	for (const [session, log] of logs) history.logs.set(session, log);
	expect(check(history, options)).toEqual([]);
}

/** The same, once everything that they said is acknowledged and everybody has caught up. */
export async function expectWhole(
	server: ChatServer,
	history: History,
	clients: readonly RouterClient[],
	withinMs?: number,
): Promise<void> {
	for (const client of clients) await client.idle(withinMs);
	for (const client of clients) await client.catchUp();
	await expectRight(server, history);
}
