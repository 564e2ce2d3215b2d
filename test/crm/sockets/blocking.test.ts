import { expect, test } from "@jest/globals";
import { customerAccountOf } from "../../../src/crm/customers/account.js";
import { refusal } from "../../server/given.js";
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
