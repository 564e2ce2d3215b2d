import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { ChatWire } from "./ChatWire.js";
import { customer, desk, type Product } from "./customerSuite.js";
import type { Rest } from "./Rest.js";

/** Who is there, who has enough, who waits: wherever it's served; `timeoutMs` for each test. */
export function availabilitySuite(product: () => Promise<Product>, timeoutMs = 90_000): void {
	test(
		"the bot answers while nobody is online; then people do, up to their capacity, who waits is told, and whoever is free takes over from who has gone",
		async () => {
			const { wsUrl, admin } = await product();
			await clear(admin);
			const arrives = async () => {
				const client = await ChatWire.connect(wsUrl, customer({ email: `${randomUUID()}@example.com` }));
				const { conversationId } = await client.greeting();
				const says = (text: string) => client.say(conversationId, text);
				const path = `/conversations/${conversationId}`;
				const place = (position: number) =>
					client.until(({ type, data }) => type === "queue" && data?.position === position);
				return { client, conversationId, path, says, place };
			};

			const ann = await arrives();
			ann.says("What does delivery cost?");
			await ann.client.until(({ type, data }) => type === "message" && data?.senderType === "bot");
			expect(await admin.list("/agents/available")).toEqual([]);

			const ivy = await admin.agent(`Ivy-${randomUUID().slice(0, 8)}`, 1);
			const atIvys = await ChatWire.connect(wsUrl, desk(ivy.token));
			ann.says("A person, please");
			await atIvys.hears("A person, please");
			await admin.becomes(ann.path, { status: "open", assignedAgentId: ivy.id });
			await admin.becomes(`/agents/${ivy.id}`, { activeConversations: 1 });
			expect(await admin.list("/agents/available")).toEqual([]);

			const ben = await arrives();
			ben.says("Me too");
			await ben.place(1);
			const assign = (to: string) => admin.answer("PUT", `${ben.path}/assign`, { agentId: to });
			expect(await assign(ivy.id)).toMatchObject({ status: 409, code: "agent_at_capacity" });
			ann.client.send("closeConversation", { conversationId: ann.conversationId });
			await admin.becomes(ben.path, { assignedAgentId: ivy.id });
			await ben.place(0);
			await atIvys.hears("Me too");

			await ivy.rest.ask("PUT", `/agents/${ivy.id}/status`, { status: "offline" });
			const jon = await admin.agent(`Jon-${randomUUID().slice(0, 8)}`);
			expect((await admin.list("/agents/available")).map(({ id }) => id)).toEqual([jon.id]);
			const atJons = await ChatWire.connect(wsUrl, desk(jon.token));
			ben.says("Are you still there?");
			await atJons.hears("Are you still there?");
			await admin.becomes(ben.path, { assignedAgentId: jon.id });
			expect(await assign(ivy.id)).toMatchObject({ status: 409, code: "agent_unavailable" });
			await admin.becomes(`/agents/${ivy.id}`, { status: "offline", activeConversations: 0 });

			await jon.rest.ask("PUT", `/agents/${jon.id}/status`, { status: "busy" });
			const cleo = await arrives();
			cleo.says("Anybody?");
			await cleo.client.until(({ type, data }) => type === "message" && data?.senderType === "bot");
			await clear(admin);
		},
		timeoutMs,
	);
}

/** Ends what other tests have left: agents who are there, and conversations that would be given to the next who comes. */
async function clear(admin: Rest): Promise<void> {
	for (const status of ["online", "away", "busy"]) {
		for (const { id } of await admin.list(`/agents?status=${status}&limit=100`)) {
			await admin.ask("PUT", `/agents/${id}/status`, { status: "offline" });
		}
	}
	for (const { id } of await admin.list("/conversations?status=open&limit=100")) {
		await admin.ask("PUT", `/conversations/${id}/close`);
	}
}
