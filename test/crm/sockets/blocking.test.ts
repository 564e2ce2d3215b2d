import { expect, test } from "@jest/globals";
import { customerAccountOf } from "../../../src/crm/customers/account.js";
import { textRequest } from "../../../src/protocol/stentor.js";
import { refusal, WireClient } from "../../server/given.js";
import { eventually } from "../../support/eventually.js";
import { APP, SocketWorld } from "./SocketWorld.js";

test("blocking a customer ends each of their sockets, with the reason; others go on", async () => {
	const world = await SocketWorld.open();
	const { customer: ada, customerId } = await world.talk();
	const { customer: bob, id } = await world.talk();
	const { email } = await world.crm.customers.get(APP, customerId);
	const second = await world.customer(String(email));
	expect((await second.greeting()).customerId).toBe(customerId);
	await world.crm.customers.update(APP, customerId, { notes: "Insists" });
	await world.crm.customers.update(APP, customerId, { status: "blocked" });
	for (const client of [ada, second]) {
		await client.until(({ type, data }) => type === "error" && data?.code === "customer_blocked");
		expect(await client.closeCode).toBe(4403);
	}
	await world.crm.idle();
	expect(await world.crm.office.tell(APP, customerAccountOf(customerId), { type: "pong" })).toBe(0);
	bob.send("sendMessage", { conversationId: id, content: "Still here", messageType: "text", messageId: "m1" });
	await bob.until(({ type }) => type === "ack");
});

test("a blocked customer isn't let in again: not by the address, nor by a conversation's id and token; unblocked, they are", async () => {
	const world = await SocketWorld.open();
	const { id: conversationId, customer, customerId } = await world.talk();
	const { token } = await customer.greeting();
	await world.crm.customers.update(APP, customerId, { status: "blocked" });
	await customer.closeCode;
	const { email } = await world.crm.customers.get(APP, customerId);
	const user = JSON.stringify({ email });
	for (const more of [{}, { conversationId }, { conversationId, token }]) {
		const refused = await refusal(
			`${world.address}?${new URLSearchParams({ user, ...(more as Record<string, string>) })}`,
		);
		expect(refused).toEqual({ status: 403, text: expect.stringContaining("blocked") });
	}
	expect(world.notes.lines).toContainEqual(
		expect.objectContaining({ event: "connection refused", fields: { code: "customer_blocked" } }),
	);
	await world.crm.customers.update(APP, customerId, { status: "active" });
	const again = await world.customer(String(email), { conversationId });
	expect((await again.greeting()).conversationId).toBe(conversationId);
});

const USER = "7f1f0f3c-6a55-4b7e-9d5c-0c2f6f0f9a10";
const SESSION = "stentor-widget-session-5e3c1a52-0b7c-4f35-9c9d-6e0e5f2a7a11";

/** The customer that the CRM makes of a widget's visitor. */
async function customerOf({ crm }: SocketWorld, session: string): Promise<string> {
	return eventually(async () => (await crm.conversations.get(APP, session)).customerId);
}

const codes = (client: WireClient) => client.of("failure").map(({ data }) => data?.code);

test("blocking a widget's visitor ends their sockets, also of another session; who is let in by their user id alone is refused", async () => {
	const world = await SocketWorld.open();
	const tabs = [
		await WireClient.visitor(world.address, SESSION, USER),
		await WireClient.visitor(world.address, `${SESSION}-2`, USER),
	];
	const other = await WireClient.visitor(world.address, `${SESSION}-other`, "f0c21f6a-11d2-4b7e-9d5c-0c2f6f0f9a10");
	for (const client of [...tabs, other]) client.say("Hello", "m1");
	const customerId = await customerOf(world, SESSION);
	expect(await customerOf(world, `${SESSION}-2`)).toBe(customerId);
	await customerOf(world, `${SESSION}-other`);

	await world.crm.customers.update(APP, customerId, { status: "blocked" });
	for (const client of tabs) {
		await client.until(() => codes(client).includes("customer_blocked"));
		expect(await client.closeCode).toBe(4403);
	}
	expect(await refusal(`${world.address}?userId=${USER}`)).toEqual({
		status: 403,
		text: expect.stringContaining("blocked"),
	});
	const persons = await world.crm.conversations.get(APP, SESSION);
	const byThem = { role: "visitor", ...world.crm.persons.customer(persons) } as const;
	const message = { type: "message", sessionId: SESSION, request: textRequest("By another way") } as const;
	await expect(world.crm.office.act(APP, byThem, message)).rejects.toMatchObject({ code: "customer_blocked" });
	expect(await world.said(SESSION)).toBe(1);
	other.say("Still here", "m2");
	await other.until(() => other.of("ack").length === 2);
});

test("a visitor who is blocked before their session has become a conversation is told so when it has", async () => {
	const world = await SocketWorld.open();
	const first = await WireClient.visitor(world.address, SESSION, USER);
	first.say("Hello", "m1");
	const customerId = await customerOf(world, SESSION);
	const second = await WireClient.visitor(world.address, `${SESSION}-2`, USER);
	await world.crm.customers.update(APP, customerId, { status: "blocked" });
	await first.closeCode;
	await world.crm.idle();
	second.say("Hello, I'm somebody else", "m1");
	expect(await second.closeCode).toBe(4403);
	expect(codes(second)).toEqual(["customer_blocked"]);
});

test("said of one customer, it holds for whom they were joined with, in the sessions that came with them", async () => {
	const world = await SocketWorld.open();
	const visitor = await WireClient.visitor(world.address, SESSION, USER);
	visitor.say("Hello", "m1");
	const from = await customerOf(world, SESSION);
	const { customerId: into } = await world.talk();
	await world.crm.customers.update(APP, into, { status: "blocked" });
	await world.crm.idle();
	expect(await world.crm.joins.join(APP, into, from)).toBe("done");
	expect(await visitor.closeCode).toBe(4403);
});
