import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { ChatServer } from "../e2e/ChatServer.js";
import { eventually } from "../support/eventually.js";
import { check } from "./check.js";
import { DistrustfulClient } from "./DistrustfulClient.js";
import type { Faults } from "./FaultyPipe.js";
import { type Direction, FrameProxy } from "./FrameProxy.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { type SeededRandom, seeded } from "./SeededRandom.js";
import { StockWidget } from "./StockWidget.js";
import { size } from "./size.js";
import { readStored } from "./storedLogs.js";

const SESSIONS = 20;
const MESSAGES = size(30);
const SAY_EVERY_MS = 100;
const SETTLED_MS = 20_000;

/** Two heartbeats of the server, and what a busy machine takes. */
const NOTICED_MS = 2 * 20_000 + 4_000;
const CONFIRMED_MS = 500;

const FAULTS: Faults = { drop: 0.08, duplicate: 0.08, reorder: 0.08, delay: 0.2, cut: 0.01 };

interface Stage {
	readonly server: ChatServer;
	readonly proxy: FrameProxy;
	readonly history: History;
	readonly random: SeededRandom;
	/** Has it closed in the end. */
	keep<T extends { close(): void }>(client: T): T;
}

/** A server of its own behind a proxy of its own; at the end, the history is checked against what is stored. */
async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
	const server = await ChatServer.start({ LOG_LEVEL: "info" });
	try {
		await seeded(async (random) => {
			const proxy = await FrameProxy.start(server.url, random);
			const history = new History();
			const kept: { close(): void }[] = [];
			const keep: Stage["keep"] = (client) => {
				kept.push(client);
				return client;
			};
			try {
				await play({ server, proxy, history, random, keep });
			} finally {
				for (const client of kept) client.close();
				await proxy.close();
			}
			await server.kill();
			for (const [session, log] of readStored(server.dataDir).logs) history.logs.set(session, log);
			expect(check(history)).toEqual([]);
		});
	} finally {
		await server.close();
	}
}

describe("invariants 1 to 3: nothing is lost, doubled or out of order on a line that", () => {
	test.concurrent(
		"loses, doubles, reorders, delays frames, and is cut",
		() =>
			onStage(async ({ server, proxy, history, random, keep }) => {
				const { url } = proxy;
				const client = (name: string, room: number, number: number, token?: string) => {
					const place = { url, history, session: `room-${room}`, token, random: random.fork(1000 + number) };
					return keep(new DistrustfulClient({ ...place, name: `${name}-${room}` }));
				};
				const clients = Array.from({ length: SESSIONS }, (_, room) => client("visitor", room, 2 * room));
				// Agents join what a visitor has opened.
				for (const visitor of clients) await eventually(() => expect(visitor.isHere).toBe(true));
				for (let room = 0; room < SESSIONS; room++) clients.push(client("agent", room, 2 * room + 1, server.token));
				proxy.faults = FAULTS;
				for (let message = 0; message < MESSAGES; message++) {
					for (const client of clients) client.say(`${client.reader.name} says ${message}`);
					await pause(SAY_EVERY_MS);
				}
				await eventually(() => expect(clients.flatMap(unacknowledged)).toEqual([]), SETTLED_MS);
				proxy.faults = undefined;
				const heads = new Map<string, number>();
				for (const { newest, reader } of clients) {
					heads.set(reader.session, Math.max(newest, heads.get(reader.session) ?? 0));
				}
				const behind = () => clients.filter(({ last, reader }) => last < (heads.get(reader.session) ?? 0));
				await eventually(() => expect(behind().map(({ reader }) => reader.name)).toEqual([]), SETTLED_MS);

				const said = clients.length * MESSAGES;
				expect(new Set(history.of("acknowledged").map(({ messageId }) => messageId)).size).toBe(said);
				// A run in which some fault didn't happen, or didn't matter, would prove nothing.
				expect(Object.values(proxy.counts).every((count) => count > 0)).toBe(true);
				expect(history.of("sent").length).toBeGreaterThan(said);
				expect(history.of("repeated").length).toBeGreaterThan(0);
			}),
		90_000,
	);

	test.concurrent.each<Direction>(["toClient", "toServer"])(
		"is dead in one direction (%s): noticed within two heartbeats",
		(direction) =>
			onStage(async ({ server, proxy, history, keep }) => {
				const session = "dead-line";
				const visitor = keep(await RouterClient.open({ url: proxy.url, history, session }));
				const agent = keep(await RouterClient.open({ url: server.url, history, session, token: server.token }));
				agent.say("Before");
				await agent.idle();
				proxy.silence(direction);
				const diedAt = performance.now();
				agent.say("Into the dead line");
				visitor.say("Out of the dead line");
				await agent.idle();
				await eventually(() => expect(server.logged({ event: "disconnected" })).toBe(1), NOTICED_MS);
				expect(performance.now() - diedAt).toBeLessThan(NOTICED_MS);

				agent.say("While nobody is there");
				await agent.idle();
				visitor.drop();
				await visitor.idle();
				await agent.catchUp();
				await visitor.catchUp();
				expect(visitor.arrivals).toBeGreaterThan(1);
			}),
		90_000,
	);

	test.concurrent(
		"is dead towards the published widget: it's sent what it hasn't confirmed, once, when it returns",
		() =>
			onStage(async ({ server, proxy, history, keep }) => {
				const session = "dead-line";
				const widget = keep(new StockWidget(proxy.url, session));
				await eventually(() => expect(widget.isOpen).toBe(true));
				const agent = keep(await RouterClient.open({ url: server.url, history, session, token: server.token }));
				agent.say("Before");
				await eventually(() => expect(widget.read).toEqual(["Before"]));
				// Its pong, and the cursor that's written behind.
				await pause(CONFIRMED_MS);
				proxy.silence("toClient");
				agent.say("One");
				agent.say("Two");
				await eventually(() => expect(server.logged({ event: "disconnected" })).toBe(1), NOTICED_MS);
				agent.say("Three");
				await agent.idle();
				widget.comeBack();
				await eventually(() => expect(widget.read).toEqual(["Before", "One", "Two", "Three"]));
				agent.say("Four");
				await eventually(() => expect(widget.read).toEqual(["Before", "One", "Two", "Three", "Four"]));
				await agent.catchUp();
			}),
		90_000,
	);
});

function unacknowledged({ unacknowledged: waiting }: DistrustfulClient): string[] {
	return [...waiting.keys()];
}
