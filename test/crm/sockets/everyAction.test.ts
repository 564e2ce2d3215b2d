import { describe, expect, test } from "@jest/globals";
import type { Actor, StaffActor } from "../../../src/crm/access/Actor.js";
import { may, reachOf, type Subject } from "../../../src/crm/access/authorise.js";
import { type Action, PERMISSIONS } from "../../../src/crm/access/permissions.js";
import { type ClientAction, clientActions } from "../../../src/protocol/chat/frames.js";
import { type ClientEvent, clientFrames } from "../../../src/protocol/router/frames.js";
import type { ChatWire } from "../../server/ChatWire.js";
import { refusal, WireClient } from "../../server/given.js";
import { APP, SocketWorld, type Talk } from "./SocketWorld.js";

/** Each action of the chat API: what it says besides the conversation, and what must be so for it to have a sense. */
const ACTIONS: Readonly<Record<ClientAction, { readonly data?: object; readonly isClosed?: true }>> = {
	sendMessage: { data: { content: "Hi", messageType: "text" } },
	typing: { data: { isTyping: true } },
	markRead: {},
	closeConversation: {},
	rate: { data: { rating: 5 }, isClosed: true },
	resume: { data: { since: 0 } },
	join: {},
	leave: {},
	takeOver: {},
	giveBack: {},
	note: { data: { content: "A note" } },
	subscribe: {},
	unsubscribe: {},
	ping: {},
};

/** Each event of the router dialect: its row in the table, for a visitor and for staff. */
const EVENTS: Readonly<Record<ClientEvent, readonly [visitor: Action, staff: Action, data?: object]>> = {
	"user joined": ["socket.visit", "socket.join"],
	"user left": ["socket.visit", "socket.leave"],
	"new message": ["socket.sendMessage", "socket.sendMessage", { type: "INTENT_REQUEST", rawQuery: "Hi" }],
	typing: ["socket.typing", "socket.typing"],
	"stop typing": ["socket.typing", "socket.typing"],
	"barge in": ["socket.takeOver", "socket.takeOver"],
	"barge out": ["socket.giveBack", "socket.giveBack"],
	resume: ["socket.resume", "socket.resume", { since: 0 }],
	receipt: ["socket.markRead", "socket.markRead", { read: 1 }],
	ping: ["socket.ping", "socket.ping"],
};

const actionNames = Object.keys(clientActions()) as ClientAction[];
const eventNames = Object.keys(clientFrames()) as ClientEvent[];
const rowOf = (action: ClientAction): Action => `socket.${action === "unsubscribe" ? "subscribe" : action}`;

test("every row of the table for sockets is asked for by a frame, and every frame has its row", () => {
	const asked = [...actionNames.map(rowOf), ...eventNames.flatMap((event) => EVENTS[event].slice(0, 2))];
	const rows = Object.keys(PERMISSIONS).filter((action) => action.startsWith("socket."));
	expect([...new Set(asked)].sort()).toEqual(rows.sort());
});

/** A conversation as it is to whoever asks. */
type Whose = "their department's" | "assigned to them, of another department" | "another's";
const WHOSE: readonly Whose[] = ["their department's", "assigned to them, of another department", "another's"];

const isOfApp = (action: Action) => PERMISSIONS[action].on === "app";

/** What the table says of it: undefined, nothing stands in its way. */
function refusalOf(actor: Actor, action: Action, subject: Subject): readonly string[] | undefined {
	const asked: Subject = isOfApp(action) ? { kind: "app", app: APP } : subject;
	if (may(actor, action, asked)) return undefined;
	if (actor.role !== "customer") return ["forbidden"];
	return reachOf(actor, action) === "none"
		? ["agent_token_required"]
		: ["conversation_unknown", "session_forbidden", "not_joined"];
}

interface Staff {
	readonly sales: StaffActor & { readonly token: string };
	readonly all: StaffActor & { readonly token: string };
	readonly admin: StaffActor & { readonly token: string };
	readonly other: StaffActor;
}

async function staffOf(world: SocketWorld): Promise<Staff> {
	return {
		sales: await world.staff("agent", ["sales"]),
		all: await world.staff("agent"),
		admin: await world.staff("admin", ["sales"]),
		other: await world.staff("agent", ["support"]),
	};
}

/** A conversation that is this to an agent of the sales department. */
async function talkOf(world: SocketWorld, { agentId }: StaffActor, other: StaffActor, whose: Whose) {
	const to = {
		"their department's": { department: "sales", agentId: other.agentId },
		"assigned to them, of another department": { department: "support", agentId },
		"another's": { department: "support", agentId: other.agentId },
	}[whose];
	const talk = await world.talk(to);
	const subject: Subject = {
		...{ kind: "conversation", app: APP, id: talk.id, customerId: talk.customerId },
		department: to.department,
		assignedAgentId: to.agentId,
	};
	return { talk, subject };
}

/** What is told of a frame at a chat client: the codes of the errors that came of it. */
async function told(client: ChatWire, send: () => void): Promise<string[]> {
	const before = client.frames.length;
	const pongs = client.frames.filter(({ type }) => type === "pong").length;
	send();
	client.send("ping", {});
	await client.until(() => client.frames.filter(({ type }) => type === "pong").length > pongs);
	return client.frames.slice(before).flatMap(({ type, data }) => (type === "error" ? [String(data?.code)] : []));
}

async function closed({ id, customer }: Talk): Promise<void> {
	expect(await told(customer, () => customer.send("closeConversation", { conversationId: id }))).toEqual([]);
}

describe.each(actionNames)("%s, at a chat client,", (name) => {
	const { data, isClosed } = ACTIONS[name];
	const action = rowOf(name);

	test("is for a customer what the table says", async () => {
		const world = await SocketWorld.open();
		for (const isOwn of [true, false]) {
			const [ada, bob] = [await world.talk(), await world.talk()];
			const talk = isOwn ? ada : bob;
			if (isClosed) await closed(talk);
			const actor = { role: "customer", app: APP, customerId: ada.customerId, conversationId: ada.id } as const;
			const { customerId, id } = talk;
			const wanted = refusalOf(actor, action, { kind: "conversation", app: APP, id, customerId });
			const before = await world.said(id);
			const codes = await told(ada.customer, () => ada.customer.send(name, { conversationId: id, ...data }));
			expectTold({ codes, wanted, who: `a customer, ${isOwn ? "own" : "another's"}` });
			if (wanted) expect(await world.said(id)).toBe(before);
		}
	});

	test("is for agents and admins what the table says", async () => {
		const world = await SocketWorld.open();
		const { sales, all, admin, other } = await staffOf(world);
		for (const actor of [sales, all, admin]) {
			for (const whose of WHOSE) {
				const { talk, subject } = await talkOf(world, actor, other, whose);
				if (isClosed) await closed(talk);
				const client = await world.desk(actor.token);
				const conversationId = talk.id;
				// Whoever may is there first.
				if (name !== "join") await told(client, () => client.send("join", { conversationId }));
				const before = await world.said(conversationId);
				const codes = await told(client, () => client.send(name, { conversationId, ...data }));
				const wanted = refusalOf(actor, action, subject);
				expectTold({ codes, wanted, who: `${actor.role} of ${actor.departments}, ${whose}` });
				if (wanted) expect(await world.said(conversationId)).toBe(before);
			}
		}
	});
});

describe.each(eventNames)("%s, at a widget,", (event) => {
	const [visitors, staffs, data] = EVENTS[event];

	/** The codes, or what joining was refused with. */
	async function toldOf(client: WireClient, sessionId: string): Promise<string[]> {
		const before = client.frames.length;
		const pongs = client.of("pong").length;
		client.send({ event, sessionId, data });
		client.send({ event: "ping" });
		await client.until(() => client.of("pong").length > pongs);
		return client.frames.slice(before).flatMap(({ event: answer, data: said }) => {
			const isRefusal = answer === "failure" || (answer === "connection update" && said?.sessionCreated === false);
			return isRefusal ? [String(said?.code)] : [];
		});
	}

	test("is for a visitor what the table says", async () => {
		const world = await SocketWorld.open();
		for (const isOwn of [true, false]) {
			const id = `stentor-widget-session-${event.replace(" ", "-")}-${isOwn}`;
			const ada = await WireClient.visitor(world.address, `${id}-ada`);
			const bob = await WireClient.visitor(world.address, `${id}-bob`);
			const { session } = isOwn ? ada : bob;
			const actor = { role: "customer", app: APP, customerId: "ada" } as const;
			const customerId = isOwn ? "ada" : "bob";
			const wanted = refusalOf(actor, visitors, { kind: "conversation", app: APP, id: session, customerId });
			const before = await world.said(session);
			const codes = await toldOf(ada, session);
			expectTold({ codes, wanted, who: `a visitor, ${isOwn ? "own" : "another's"}` });
			if (wanted) expect(await world.said(session)).toBe(before);
		}
	});

	test("is for agents and admins what the table says", async () => {
		const world = await SocketWorld.open();
		const { sales, all, admin, other } = await staffOf(world);
		for (const actor of [sales, all, admin]) {
			for (const whose of WHOSE) {
				const { talk, subject } = await talkOf(world, actor, other, whose);
				const query = new URLSearchParams({ userId: `at-${talk.id}`, isAdmin: "true", token: actor.token });
				const client = await WireClient.connect(`${world.address}?${query}`, talk.id);
				if (event !== "user joined") client.send({ event: "user joined" });
				client.send({ event: "ping" });
				await client.until(() => client.of("pong").length === 1);
				const before = await world.said(talk.id);
				const codes = await toldOf(client, talk.id);
				const wanted = refusalOf(actor, staffs, subject);
				expectTold({ codes, wanted, who: `${actor.role} of ${actor.departments}, ${whose}` });
				if (wanted) expect(await world.said(talk.id)).toBe(before);
			}
		}
	});
});

interface Told {
	readonly codes: readonly string[];
	readonly wanted: readonly string[] | undefined;
	readonly who: string;
}

function expectTold({ codes, wanted, who }: Told): void {
	expect({ who, codes }).toEqual({ who, codes: wanted ? [expect.any(String)] : [] });
	if (wanted) expect(wanted).toContain(codes[0]);
}

test("nobody without a person to stand for is at a socket: no API key, no stranger, nobody of another app", async () => {
	const world = await SocketWorld.open();
	const { key } = await world.crm.apiKeys.create(APP, { name: "server", scopes: ["messages:write"] });
	const elsewhere = await world.staff("admin", [], "other");
	const agent = { user: '{"type":"agent"}' };
	for (const [query, status] of [
		[{ ...agent, token: key }, 401],
		[agent, 401],
		[{ ...agent, token: elsewhere.token }, 401],
		[{ isAdmin: "true", token: elsewhere.token }, 401],
		[{ isAdmin: "true" }, 401],
	] as const) {
		const { status: found } = await refusal(`${world.address}?${new URLSearchParams({ ...query })}`);
		expect([query, found]).toEqual([query, status]);
	}
});

test("an agent who has moved to another department can't act where they were, nor are they there when they come back", async () => {
	const world = await SocketWorld.open();
	const sales = await world.staff("agent", ["sales"]);
	const { id: conversationId, customer } = await world.talk({ department: "sales" });
	const client = await world.desk(sales.token);
	expect(await told(client, () => client.send("join", { conversationId }))).toEqual([]);
	await world.crm.agents.update(APP, sales.agentId, { departments: ["support"] });
	expect(await told(client, () => client.say(conversationId, "Still here"))).toEqual(["forbidden"]);
	const again = await world.desk(sales.token);
	customer.say(conversationId, "Is anybody there?");
	expect(await told(customer, () => undefined)).toEqual([]);
	expect(await told(again, () => undefined)).toEqual([]);
	expect(again.read).toEqual([]);
});
