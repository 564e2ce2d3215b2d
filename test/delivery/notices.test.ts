import { describe, expect, test } from "@jest/globals";
import { CLOSE_FORBIDDEN, CLOSE_SIGN_IN } from "../../src/delivery/Notices.js";
import { collections } from "../../src/delivery/records.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { type ChatClient, ChatOffice } from "../connectors/chatOffice.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { AGENT_TOKEN, TestClock } from "../support/office.js";

/** The account of the agent of these tests who is called so. */
const accountOf = (name: string) => `agent/${AGENT_TOKEN}-${name}`;
const REVOKED = { code: "agent_token_invalid", message: "Your account was closed." } as const;

type Given = ConstructorParameters<typeof ChatOffice>[0];

const oneProcess = (given: Given = {}) => {
	const at = new ChatOffice(given);
	return { here: at, there: at };
};
/** Two processes that share a storage and reach the same connections, as Lambdas do. */
const twoProcesses = (given: Given = {}) => {
	const storage = new MemoryStorage({ collections, clock: given.clock ?? Date.now });
	const shared = { ...given, storage, transport: new LoopTransport(false), soleOwner: false };
	return { here: new ChatOffice(shared), there: new ChatOffice(shared) };
};

describe.each([
	["one process", oneProcess],
	["another process", twoProcesses],
])("from %s", (_, open) => {
	test("an account's connections are told, and nobody else's", async () => {
		const { here, there } = open();
		const grace = [await here.chatAgent("grace"), await here.chatAgent("grace")];
		const alan = await here.chatAgent("alan");
		const signal = { type: "conversation", conversationId: "c1", event: "assigned" } as const;
		expect(await there.office.tell("shop", accountOf("grace"), signal)).toBe(2);
		expect(await there.office.tell("other", accountOf("grace"), signal)).toBe(0);
		for (const each of grace) expect(each.of("conversation")).toEqual([{ conversationId: "c1", event: "assigned" }]);
		expect(alan.frames).toEqual([]);
	});

	test("a conversation's customer is told their place in the queue, on each device; its agent isn't", async () => {
		const { here, there } = open();
		const ada = await here.customer();
		const { conversationId = "" } = ada;
		const phone = await here.customer("ada@example.com", { conversationId });
		const grace = await here.chatAgent("grace", conversationId);
		await there.office.tellSession("shop", conversationId, "visitor", { type: "queue", position: 2, waitSeconds: 90 });
		for (const each of [ada, phone])
			expect(each.of("queue")).toEqual([{ conversationId, position: 2, waitSeconds: 90 }]);
		expect(grace.of("queue")).toEqual([]);
		await there.office.tellSession("shop", "nowhere", "visitor", { type: "queue", position: 1 });
	});

	test("an account's connections are told why, closed, and heard no more; others stay", async () => {
		const { here, there } = open();
		const ada = await here.customer();
		const { conversationId = "" } = ada;
		const grace = [await here.chatAgent("grace", conversationId), await here.chatAgent("grace", conversationId)];
		const alan = await here.chatAgent("alan", conversationId);
		expect(await there.office.end("shop", accountOf("grace"), REVOKED)).toBe(2);
		await there.office.idle();
		for (const each of grace) {
			expect(each.of("error")).toEqual([{ ...REVOKED, retryable: false }]);
			expect(here.transport.closedBy.get(each.connection)).toBe(CLOSE_SIGN_IN);
		}
		await ada.say("Anybody there?");
		for (const each of grace) expect(each.read).toEqual([]);
		expect(alan.read).toEqual(["Anybody there?"]);
		const agents = (await there.office.session("shop", conversationId))?.participants.filter(
			({ role }) => role === "agent",
		);
		const open_ = agents?.flatMap(({ endpoints }) => endpoints.flatMap(({ connection }) => connection ?? []));
		expect(open_).toEqual([alan.connection]);
		expect(await there.office.end("shop", accountOf("grace"), REVOKED)).toBe(0);
	});

	test("a customer who may not come back is told so by another code", async () => {
		const { here, there } = open();
		const ada = await here.customer();
		const { customerId } = ada.frames[0] ?? {};
		expect(await there.office.end("shop", `customer/${customerId}`, { code: "customer_blocked" })).toBe(1);
		expect(ada.of("error")).toEqual([expect.objectContaining({ code: "customer_blocked", retryable: false })]);
		expect(here.transport.closedBy.get(ada.connection)).toBe(CLOSE_FORBIDDEN);
	});

	test("one who was let in by what was checked before the end is refused; one who is checked after it isn't", async () => {
		let check = () => {};
		const checked = new Promise<void>((resolve) => {
			check = resolve;
		});
		const clock = new TestClock();
		const { here, there } = open({ clock: clock.read, checking: () => checked });
		const early = here.chatAgent("grace");
		const other = here.chatAgent("alan");
		expect(await there.office.end("shop", accountOf("grace"), REVOKED)).toBe(0);
		check();
		await expect(early).rejects.toMatchObject({ code: "overloaded", retryable: true });
		await other;
		clock.advance(2_000);
		await here.chatAgent("grace");
		expect(await there.office.end("shop", accountOf("grace"), REVOKED)).toBe(1);
	});
});

test("what was begun before is done before a connection ends, what is sent later isn't done", async () => {
	const at = new ChatOffice();
	const ada = await at.customer();
	const { conversationId = "" } = ada;
	const grace = await at.chatAgent("grace", conversationId);
	const send = (content: string, messageId: string) =>
		at.office.receive(
			grace.connection,
			JSON.stringify({ action: "sendMessage", data: { conversationId, content, messageId } }),
		);
	const before = send("Before", "m1");
	const ended = at.office.end("shop", accountOf("grace"), REVOKED);
	await before;
	await ended;
	await at.office.idle();
	await expect(send("After", "m2")).rejects.toMatchObject({ code: "not_joined" });
	expect(grace.frames.map(({ type }) => type)).toEqual(expect.arrayContaining(["ack", "error"]));
	expect(grace.frames.at(-1)).toMatchObject({ type: "error" });
	expect(ada.read).toEqual(["Before"]);
});

test("a connection whose token has ended is closed by the sweep, though it only listens", async () => {
	const at = new ChatOffice();
	const ada = await at.customer();
	const grace: ChatClient = await at.chatAgent("until", ada.conversationId);
	at.clock.advance(58_000);
	await at.office.sweep();
	expect(at.transport.closedBy.size).toBe(0);
	at.clock.advance(3_000);
	await at.office.sweep();
	await at.office.idle();
	expect(at.transport.closedBy.get(grace.connection)).toBe(CLOSE_SIGN_IN);
	expect(grace.of("error")).toEqual([expect.objectContaining({ code: "agent_token_invalid" })]);
	await ada.say("Hello?");
	expect(grace.read).toEqual([]);
});
