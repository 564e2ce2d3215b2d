import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import { WireClient } from "../../server/given.js";
import { eventually } from "../../support/eventually.js";
import { APP, SocketWorld } from "./SocketWorld.js";

const MARK = "xq7only";
/** Names that every object has something under. */
const INHERITED = ["__proto__", "constructor", "toString", "hasOwnProperty"];

const isKept = ({ storage }: SocketWorld) =>
	inspect(storage, { depth: null, maxArrayLength: null, maxStringLength: null }).includes(MARK);

test("fields that there aren't are left aside: what the frame asks for is done, and nothing of them is kept or told", async () => {
	const world = await SocketWorld.open();
	const { id: conversationId, customer } = await world.talk();
	const desk = await world.desk((await world.staff("agent")).token);
	const more = { [MARK]: MARK, type: MARK, role: MARK, request: { rawQuery: MARK }, seq_: { [MARK]: [MARK] } };
	desk.send("takeOver", { conversationId, ...more });
	desk.send("note", { conversationId, content: "A note", messageId: "n1", ...more });
	await desk.until(({ type }) => type === "ack");
	for (const [name, data] of [
		["sendMessage", { content: "Hi", messageId: "m1", attachments: [] }],
		["typing", { isTyping: true }],
		["markRead", {}],
		["resume", { since: 0 }],
		["closeConversation", {}],
		["rate", { rating: 4 }],
		["ping", {}],
	] as const) {
		customer.send(name, { conversationId, ...more, ...data });
	}
	await customer.until(({ type }) => type === "pong");
	const visitor = await WireClient.visitor(world.address, "stentor-widget-session-unknown");
	const frame = { ...more, messageId: "w1", data: { type: "INTENT_REQUEST", rawQuery: "Hi" } };
	visitor.send({ event: "new message", ...frame, type: MARK });
	await visitor.until((frames) => frames.some(({ event }) => event === "ack"));
	await world.crm.office.idle();
	await world.crm.idle();
	expect(await world.said(visitor.session)).toBe(1);
	// Records follow the log by its feed.
	await eventually(async () =>
		expect(await world.crm.conversations.get(APP, conversationId)).toMatchObject({ status: "closed" }),
	);
	expect(customer.frames.filter(({ type }) => type === "error")).toEqual([]);
	expect(isKept(world)).toBe(false);
	expect(JSON.stringify([customer.frames, desk.frames, visitor.frames, world.notes.lines])).not.toContain(MARK);
});

test("messages of ids that every object has something under are each kept once, and acknowledged each time", async () => {
	const world = await SocketWorld.open();
	const { id: conversationId, customer } = await world.talk();
	const before = await world.said(conversationId);
	for (const messageId of [...INHERITED, ...INHERITED]) {
		customer.send("sendMessage", { conversationId, content: messageId, messageId });
	}
	customer.send("ping", {});
	await customer.until(({ type }) => type === "pong");
	const acks = customer.frames.filter(({ type }) => type === "ack").map(({ data }) => data?.messageId);
	expect(acks.sort()).toEqual([...INHERITED, ...INHERITED].sort());
	expect(await world.said(conversationId)).toBe(before + INHERITED.length);
});

test("conversations of such ids are none", async () => {
	const world = await SocketWorld.open();
	const { customer } = await world.talk();
	const desk = await world.desk((await world.staff("agent")).token);
	for (const client of [customer, desk]) {
		for (const conversationId of INHERITED) {
			client.send("sendMessage", { conversationId, content: "Hi" });
			client.send("markRead", { conversationId });
		}
		client.send("ping", {});
		await client.until(({ type }) => type === "pong");
		const told = client.frames.flatMap(({ type, data }) => (type === "error" ? [String(data?.code)] : []));
		expect(told).toEqual(Array(2 * INHERITED.length).fill("conversation_unknown"));
	}
	for (const id of INHERITED) expect(await world.crm.office.session(APP, id)).toBeUndefined();
});
