import { expect, test } from "@jest/globals";
import { type ClientAction, clientActions } from "../../../src/protocol/chat/frames.js";
import { ChatWire } from "../../server/ChatWire.js";
import { refusal, WireClient } from "../../server/given.js";
import { SocketWorld } from "./SocketWorld.js";

const DATA = { content: "Hi", messageType: "text", isTyping: true, rating: 5, since: 0 };
/** Of no conversation. */
const ELSEWHERE: ReadonlySet<ClientAction> = new Set(["ping", "subscribe", "unsubscribe"]);
const ACTIONS = (Object.keys(clientActions()) as ClientAction[]).filter((name) => !ELSEWHERE.has(name));
const AGENTS_ONLY: ReadonlySet<ClientAction> = new Set(["join", "leave", "takeOver", "giveBack", "note"]);

/** The codes that a client is told of each action, and whatever else it's told. */
async function told(client: ChatWire, conversationId: string): Promise<Record<string, unknown>> {
	const codes: Record<string, unknown> = {};
	for (const action of ACTIONS) {
		const from = client.frames.length;
		client.send(action, { ...DATA, conversationId });
		client.send("ping", {});
		await client.until((frame) => frame.type === "pong" && client.frames.indexOf(frame) >= from);
		codes[action] = client.frames.slice(from, -1).map(({ type, data }) => data?.code ?? type);
	}
	return codes;
}

const each = (codeOf: (action: ClientAction) => string) =>
	Object.fromEntries(ACTIONS.map((action) => [action, [codeOf(action)]]));

test("a conversation that isn't there, another customer's and another app's are told apart by nobody at the chat API", async () => {
	const world = await SocketWorld.open();
	const { customer } = await world.talk();
	const { id: another } = await world.talk({ department: "support" });
	const admin = await world.desk((await world.staff("admin")).token);
	const { token } = await world.staff("admin", [], "other");
	const foreigner = await ChatWire.connect(world.address, { user: '{"type":"agent"}', token, appId: "other" });
	for (const id of ["nobody-s", another]) {
		const wanted = each((action) => (AGENTS_ONLY.has(action) ? "agent_token_required" : "conversation_unknown"));
		expect({ id, told: await told(customer, id) }).toEqual({ id, told: wanted });
	}
	const staffs = each((action) => (action === "rate" ? "forbidden" : "conversation_unknown"));
	expect(await told(admin, "nobody-s")).toEqual(staffs);
	for (const id of ["nobody-s", another]) {
		expect({ id, told: await told(foreigner, id) }).toEqual({ id, told: staffs });
	}
	const agent = await world.desk((await world.staff("agent", ["sales"])).token);
	expect(await told(agent, another)).toEqual(each(() => "forbidden"));
	for (const client of [customer, admin, agent]) expect(await told(client, "a/b")).toEqual(each(() => "invalid_frame"));
	expect(await world.said(another)).toBe(1);
});

test("a malformed one is refused at the handshake; one that isn't theirs begins another conversation", async () => {
	const world = await SocketWorld.open();
	const { id } = await world.talk();
	const user = '{"email":"eve@example.com"}';
	const query = new URLSearchParams({ user, conversationId: "a/b" });
	expect(await refusal(`${world.address}?${query}`)).toMatchObject({ status: 400 });
	for (const conversationId of [id, "nobody-s"]) {
		const eve = await ChatWire.connect(world.address, { user, conversationId });
		expect((await eve.greeting()).conversationId === id).toBe(false);
	}
});

test("at the router dialect a stranger has joined neither one that isn't there, nor another's", async () => {
	const world = await SocketWorld.open();
	const { id: another } = await world.talk();
	const frames: Readonly<Record<string, object>> = {
		"user left": {},
		"new message": { data: { type: "INTENT_REQUEST", rawQuery: "Hi" } },
		typing: {},
		resume: { data: { since: 0 } },
		receipt: { data: { read: 1 } },
	};
	for (const id of ["nobody-s", another]) {
		const stranger = await WireClient.connect(`${world.address}?userId=somebody`, id);
		for (const [event, frame] of Object.entries(frames)) stranger.send({ event, ...frame });
		stranger.send({ event: "ping" });
		await stranger.until(() => stranger.of("pong").length === 1);
		const codes = stranger.of("failure").map(({ data }) => data?.code);
		expect({ id, codes }).toEqual({ id, codes: Object.keys(frames).map(() => "not_joined") });
	}
});
