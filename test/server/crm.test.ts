import { expect, test } from "@jest/globals";
import { HttpBot } from "../support/httpBot.js";
import { attachmentSuite } from "./attachmentSuite.js";
import { availabilitySuite } from "./availabilitySuite.js";
import { ChatWire } from "./ChatWire.js";
import { customer, customerSuite, desk } from "./customerSuite.js";
import { afterwards, eventually, givenServer, WireClient } from "./given.js";
import { ADMIN, Rest } from "./Rest.js";
import { restSuite } from "./restSuite.js";

async function givenCrm(environment: Record<string, string> = {}) {
	const server = await givenServer({ ...ADMIN, ...environment });
	await server.firstAdmin;
	return { ...server, admin: await Rest.admin(server.url) };
}

customerSuite(givenCrm);
restSuite(givenCrm);
availabilitySuite(givenCrm);
attachmentSuite(givenCrm);

test("a visitor with the published widget, a bot, and an agent on the chat API hear each other", async () => {
	const bot = await HttpBot.start((response) => {
		const displayText = `Bot: ${bot.requests.at(-1)?.rawQuery}`;
		response.setHeader("Content-Type", "application/json").end(JSON.stringify({ outputSpeech: { displayText } }));
	});
	afterwards(() => bot.close());
	const { wsUrl, admin } = await givenCrm({ BOT_URL: bot.origin, BOT_NAME: "Beanie" });
	const grace = await admin.agent("Grace");
	const conversationId = "stentor-widget-session-5e3c1a52-0b7c-4f35-9c9d-6e0e5f2a7a11";
	const visitor = await WireClient.visitor(wsUrl, conversationId, "user-7f1f0f3c-6a55-4b7e-9d5c-0c2f6f0f9a10");
	visitor.say("Hello");
	await visitor.until(() => visitor.read.includes("Bot: Hello"));

	const atDesk = await ChatWire.connect(wsUrl, desk(grace.token));
	await eventually(async () => (await grace.rest.list("/conversations")).some(({ id }) => id === conversationId));
	atDesk.send("join", { conversationId });
	await atDesk.hears("Hello");
	await atDesk.hears("Bot: Hello");
	visitor.say("Is it fresh?");
	await atDesk.hears("Is it fresh?");
	await atDesk.hears("Bot: Is it fresh?");

	atDesk.send("takeOver", { conversationId });
	atDesk.say(conversationId, "Roasted today, says Grace");
	await visitor.until(() => visitor.read.includes("Roasted today, says Grace"));
	const byGrace = visitor.of("new message").at(-1);
	expect(byGrace).toMatchObject({ sender: { deviceId: "Widget" }, data: { rawQuery: "Roasted today, says Grace" } });
	visitor.send({ event: "typing" });
	await atDesk.until(({ type, data }) => type === "typing" && data?.isTyping === true);
	visitor.say("Thank you, Grace");
	await atDesk.hears("Thank you, Grace");
	await grace.rest.becomes(`/conversations/${conversationId}`, { assignedAgentId: grace.id });

	atDesk.send("giveBack", { conversationId });
	// What is said while somebody has the floor isn't the bot's to answer.
	await visitor.until(() => visitor.of("user left").length > 0);
	visitor.say("And the price?");
	await visitor.until(() => visitor.read.includes("Bot: And the price?"));
	await atDesk.hears("Bot: And the price?");
	expect(visitor.read).not.toContain("Bot: Thank you, Grace");
	await grace.rest.becomes(`/messages/${conversationId}/stats`, { bySender: { customer: 4, agent: 1, bot: 3 } });
}, 60_000);

test("of 100 conversations that arrive at once, 10 agents who take 5 each get exactly 50", async () => {
	const { wsUrl, admin } = await givenCrm();
	const agents: string[] = [];
	for (let n = 0; n < 10; n++) {
		const { id } = await admin.ask("POST", "/agents", { email: `agent-${n}@example.com`, name: `Agent ${n}` });
		await admin.ask("PUT", `/agents/${id}/status`, { status: "online" });
		agents.push(String(id));
	}
	const customers = await Promise.all(
		Array.from({ length: 100 }, async (_, n) => {
			const client = await ChatWire.connect(wsUrl, customer({ email: `customer-${n}@example.com` }));
			const { conversationId } = await client.greeting();
			return { client, conversationId };
		}),
	);
	for (const { client, conversationId } of customers) client.say(conversationId, "Help!");
	const assigned = async () => {
		const open = await admin.list("/conversations?status=open&limit=100");
		expect(open.length).toBeLessThanOrEqual(100);
		return open.filter(({ assignedAgentId }) => assignedAgentId !== undefined);
	};
	await eventually(async () => (await assigned()).length >= 50);
	await Promise.all(customers.map(({ client }) => client.until(({ type }) => type === "queue")));
	const given = await assigned();
	expect(given).toHaveLength(50);
	const counts = await Promise.all(agents.map((id) => admin.ask("GET", `/agents/${id}`)));
	expect(counts.map(({ activeConversations }) => activeConversations)).toEqual(Array(10).fill(5));

	const [over] = given;
	const leaving = customers.find(({ conversationId }) => conversationId === over?.id);
	leaving?.client.send("closeConversation", { conversationId: leaving.conversationId });
	await eventually(async () => (await assigned()).filter(({ id }) => id !== over?.id).length === 50);
}, 90_000);
