import { expect, test } from "@jest/globals";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { ChatWire } from "./ChatWire.js";
import { givenServer, refusal, WireClient } from "./given.js";

const JWT_SECRET = "a secret of 32 bytes, or of more.";
const ADA = { user: JSON.stringify({ email: "ada@example.com", name: "Ada" }) };

test("/ws takes both dialects, by what the query says; a customer, an agent and the bot talk", async () => {
	const address = (await givenServer({ JWT_SECRET })).wsUrl;
	const ada = await ChatWire.connect(address, ADA);
	await ada.until(({ conversationId }) => conversationId !== undefined);
	const conversationId = ada.frames[0]?.conversationId ?? "";
	expect(ada.frames[0]).toEqual({ conversationId, customerId: expect.any(String), token: expect.any(String) });

	const token = await createAgentToken({ secret: JWT_SECRET, subject: "grace", name: "Grace" });
	const grace = await ChatWire.connect(address, { user: '{"type":"agent"}', token });
	grace.send("join", { conversationId });
	await grace.until(({ data }) => data?.event === "ready");
	const widget = await WireClient.connect(`${address}?userId=w&isAdmin=true&token=${token}`, conversationId);
	widget.send({ event: "user joined" });

	ada.send("sendMessage", { conversationId, content: "Hello", messageType: "text" });
	await ada.until(({ type }) => type === "message");
	await grace.until(({ data }) => data?.content === "Hello");
	grace.send("sendMessage", { conversationId, content: "I am Grace", messageType: "text" });
	await ada.until(({ data }) => data?.content === "I am Grace");
	await widget.until(() => widget.read.includes("Hello") && widget.read.includes("I am Grace"));
});

test("what the server itself refuses is told in the connection's dialect", async () => {
	const address = (await givenServer({ JWT_SECRET })).wsUrl;
	const ada = await ChatWire.connect(address, ADA);
	ada.sendBinary();
	await ada.until(({ type, data }) => type === "error" && data?.code === "invalid_frame");
	const visitor = await WireClient.visitor(address, "stentor-widget-session-1");
	visitor.socket.send(Buffer.from([1, 2, 3]));
	await visitor.until((frames) =>
		frames.some(({ event, data }) => event === "failure" && data?.code === "invalid_frame"),
	);
});

test.each<[Record<string, string>, number, string]>([
	[{ user: "{" }, 400, "user"],
	[{ user: '{"type":"agent"}' }, 401, "token"],
	[{ user: '{"type":"agent"}', token: "nonsense" }, 401, "token"],
	[{ user: '{"email":"ada@example.com"}', conversationId: "of-ada", token: "nonsense" }, 401, "token"],
])("a connection with %j is refused with %i", async (query, status, text) => {
	const address = (await givenServer({ JWT_SECRET })).wsUrl;
	const refused = await refusal(`${address}?${new URLSearchParams(query)}`);
	expect(refused).toEqual({ status, text: expect.stringContaining(text) });
});
