import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { keep } from "../support/afterwards.js";
import { expectWhole } from "./expectRight.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { size } from "./size.js";
import { readStored } from "./storedLogs.js";

const ROUNDS = size(50);
const SESSIONS = 2;
/** How often a client says something, about. */
const EVERY_MS = 20;
/** What a client may have unacknowledged: the more of it there is, the more a kill finds half done. */
const UNACKNOWLEDGED = 8;
const LONGEST_LIFE_MS = 200;

/** In each session a visitor with two tabs, and an agent. */
async function openClients({ url, token }: ChatServer, history: History): Promise<RouterClient[]> {
	const clients: RouterClient[] = [];
	for (let index = 0; index < SESSIONS; index++) {
		const there = { url, history, session: `session-${index}` };
		const phone = keep(await RouterClient.open({ ...there, name: `phone-${index}` }));
		const { user } = phone.reader;
		const laptop = keep(await RouterClient.open({ ...there, name: `laptop-${index}`, user }));
		clients.push(phone, laptop, keep(await RouterClient.open({ ...there, name: `desk-${index}`, token })));
	}
	return clients;
}

/** Resolves when a client has caught up since the last kill. */
async function back(client: RouterClient | undefined): Promise<void> {
	await client?.until(() => client.isCurrent);
}

/** Has everybody say something now and then, until the test ends or what it answers is called. */
function talk(clients: readonly RouterClient[]): () => void {
	const timers = clients.map((client) => {
		const say = () => {
			if (client.unacknowledged.size >= UNACKNOWLEDGED) return;
			client.say(`${client.reader.name} at ${performance.now()}`);
		};
		return setInterval(say, EVERY_MS * (0.5 + Math.random()));
	});
	const close = () => timers.forEach(clearInterval);
	keep({ close });
	return close;
}

describe("invariants 1, 2 and 3: kill -9", () => {
	test(`${ROUNDS} times at any moment: what was acknowledged is there, once, in one order for everybody`, async () => {
		const server = keep(await ChatServer.start({ LOG_LEVEL: "error" }));
		const history = new History();
		const clients = await openClients(server, history);
		/** Messages that a kill caught before they were stored, and between that and their acknowledgement. */
		const caught = { unstored: 0, stored: 0 };
		const stop = talk(clients);
		for (let round = 1; round <= ROUNDS; round++) {
			// Every third time it may be killed while it's still catching up.
			if (round % 3 > 0) await back(clients[round % clients.length]);
			await pause(Math.random() * LONGEST_LIFE_MS);
			await server.kill();
			const { damage, logs } = readStored(server.dataDir);
			expect(damage).toEqual([]);
			const stored = new Set([...logs.values()].flat().map(({ messageId }) => messageId));
			expect(history.of("acknowledged").filter(({ messageId }) => !stored.has(messageId))).toEqual([]);
			for (const { unacknowledged } of clients) {
				for (const messageId of unacknowledged.keys()) caught[stored.has(messageId) ? "stored" : "unstored"]++;
			}
			await server.start();
		}
		stop();
		await expectWhole(server, history, clients);
		// Otherwise it was killed when nothing was going on.
		expect(Math.min(caught.unstored, caught.stored)).toBeGreaterThan(0);
	}, 300_000);

	test("what a client said that it has isn't pushed to it again", async () => {
		const server = keep(await ChatServer.start({ LOG_LEVEL: "error" }));
		const history = new History();
		const there = { url: server.url, history, session: "session-1" };
		const visitor = keep(await RouterClient.open(there));
		const agent = keep(await RouterClient.open({ ...there, token: server.token }));
		agent.say("From now on no bot says anything.");
		await agent.idle();
		for (let index = 0; index < 20; index++) visitor.say(`Message ${index}`);
		await visitor.idle();
		await agent.until(() => agent.last === visitor.last);
		await agent.catchUp();
		const said = agent.last;
		visitor.say("This is after what the agent said to have, and may come again.");
		await visitor.idle();
		await server.kill();
		await server.start();
		await agent.until(() => agent.arrivals === 3);
		const repeated = history.of("repeated").filter(({ reader, seq }) => reader === agent.reader.name && seq <= said);
		expect(repeated).toEqual([]);
	});
});
