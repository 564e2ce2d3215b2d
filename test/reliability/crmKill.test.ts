import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { Entry } from "../../src/protocol/envelope.js";
import { ChatServer } from "../e2e/ChatServer.js";
import { ChatWire } from "../server/ChatWire.js";
import { afterwards, eventually } from "../server/given.js";
import { ADMIN, Rest } from "../server/Rest.js";
import { size } from "./size.js";
import { readStored } from "./storedLogs.js";

const ROUNDS = size(4);
const CUSTOMERS = 6;
/** Together the agents can take all customers, and no more. */
const CAPACITY = CUSTOMERS / 2;
const SHORTEST_LIFE_MS = 150;
const LONGEST_LIFE_MS = 600;
const EVERY_MS = 15;

interface Customer {
	readonly email: string;
	readonly id: string;
	wire: ChatWire;
}

/** What a conversation's record must say, by its log alone. */
interface Followed {
	messageCount: number;
	unreadCount: number;
	lastMessageAt?: string;
	status: "open" | "closed";
}

function followed(log: readonly Entry[]): Followed {
	const conversation: Followed = { messageCount: 0, unreadCount: 0, status: "open" };
	for (const { content, audience, from, timeMs } of log) {
		if (content.type === "closed") conversation.status = "closed";
		if (content.type === "reopened") conversation.status = "open";
		if (content.type !== "message" || audience !== "everyone") continue;
		conversation.messageCount++;
		conversation.lastMessageAt = new Date(timeMs).toISOString();
		if (from.role === "visitor") {
			conversation.unreadCount++;
			conversation.status = "open";
		}
		if (from.role === "agent") conversation.unreadCount = 0;
	}
	return conversation;
}

/** Has each customer speak, and sometimes close, and each agent answer what they hear, until what it answers is called. */
function talk(customers: readonly Customer[], desks: readonly ChatWire[]): () => void {
	let said = 0;
	const speaking = customers.map(({ id, wire }) =>
		setInterval(() => {
			if (Math.random() < 0.1) wire.send("closeConversation", { conversationId: id });
			else wire.say(id, `Message ${++said}`);
		}, EVERY_MS),
	);
	const answering = desks.map((desk) => {
		let at = desk.frames.length;
		return setInterval(() => {
			for (const { type, data } of desk.frames.slice(at)) {
				if (type === "message" && data?.senderType === "customer" && Math.random() < 0.3) {
					desk.say(String(data.conversationId), `Answer ${++said}`);
				}
			}
			at = desk.frames.length;
		}, EVERY_MS);
	});
	return () => [...speaking, ...answering].forEach(clearInterval);
}

test(`invariant: a conversation's record is what its log says, and an agent's count what they have, after ${ROUNDS} kills at any moment`, async () => {
	const server = await ChatServer.start({ LOG_LEVEL: "error", ...ADMIN });
	afterwards(() => server.close());
	const address = `${server.url.replace("http", "ws")}/ws`;
	const admin = await Rest.admin(server.url);
	const agents = [await admin.agent("Grace", CAPACITY), await admin.agent("Joan", CAPACITY)];
	const deskOf = ({ token }: { token: string }) => ChatWire.connect(address, { user: '{"type":"agent"}', token });
	const come = (email: string, more: Record<string, string> = {}) =>
		ChatWire.connect(address, { user: JSON.stringify({ email, name: email }), ...more });
	const customers: Customer[] = [];
	for (let n = 0; n < CUSTOMERS; n++) {
		const email = `customer-${n}@example.com`;
		const wire = await come(email);
		customers.push({ email, id: (await wire.greeting()).conversationId, wire });
	}

	/** Entries that a kill caught in the log before their conversation had counted them. */
	let caught = 0;
	for (let round = 1; round <= ROUNDS; round++) {
		const desks = await Promise.all(agents.map(deskOf));
		if (round > 1) {
			for (const each of customers) each.wire = await come(each.email, { conversationId: each.id });
		}
		const stop = talk(customers, desks);
		await pause(SHORTEST_LIFE_MS + Math.random() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS));
		await server.kill();
		stop();
		const { logs, counted, damage } = readStored(server.dataDir);
		expect(damage).toEqual([]);
		for (const { id } of customers) caught += (logs.get(id)?.length ?? 0) - (counted.get(id) ?? 0);
		await server.start();

		let last: unknown;
		const isRight = async () => {
			// Requests are limited, too.
			await pause(200);
			const expected = new Map(customers.map(({ id }) => [id, followed(logs.get(id) ?? [])]));
			const found = await Promise.all(customers.map(({ id }) => admin.ask("GET", `/conversations/${id}`)));
			const records = await Promise.all(agents.map(({ id }) => admin.ask("GET", `/agents/${id}`)));
			const open = found.filter(({ status }) => status === "open");
			const counts = agents.map(({ id }) => open.filter(({ assignedAgentId }) => assignedAgentId === id).length);
			last = { expected: [...expected], found, records, counts };
			const isFollowed = found.every((each) => isLike(each, expected.get(String(each.id))));
			return isFollowed && records.every(({ activeConversations }, i) => activeConversations === counts[i]);
		};
		await eventually(isRight, () => JSON.stringify(last, undefined, 1));
	}
	expect(caught).toBeGreaterThan(0);
}, 300_000);

function isLike(found: Readonly<Record<string, unknown>>, expected: Followed | undefined): boolean {
	return expected !== undefined && Object.entries(expected).every(([field, value]) => found[field] === value);
}
