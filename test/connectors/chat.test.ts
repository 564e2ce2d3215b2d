import { describe, expect, test } from "@jest/globals";
import { agentTokens, createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { ChatAgentConnector } from "../../src/connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../../src/connectors/chat/ChatCustomerConnector.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { socketConnectorSuite } from "../../src/testing/socketConnectorSuite.js";
import { MemoryFrontDesk } from "./MemoryFrontDesk.js";

const secret = "a secret of 32 bytes, or of more.";
const agents = new ChatAgentConnector(agentTokens(secret));
const customers = () => new ChatCustomerConnector({ frontDesk: new MemoryFrontDesk(), secret });
const from = (query: Record<string, string>, headers: Record<string, string> = {}, app = "shop") => ({
	app: { id: app },
	query,
	headers,
});
const user = (value: unknown) => ({ user: JSON.stringify(value) });
const ADA = user({ email: "ada@example.com", name: "Ada" });

describe("the contract, for customers", () => {
	socketConnectorSuite(test, async () => ({
		connector: customers(),
		admits: [from(ADA), from({ ...ADA, conversationId: "c1", token: "t1" }), from(user({ email: "a@b.org", age: 7 }))],
		leaves: [from({ userId: "u" }), from({}), from({ ...user({ type: "agent" }), token: "t" })],
		refuses: [
			from({ user: "{" }),
			from({ ...ADA, conversationId: "a b" }),
			from(user({ email: "blocked@example.com" })),
		],
	}));
});

describe("the contract, for agents", () => {
	socketConnectorSuite(test, async () => {
		const token = await createAgentToken({ secret, subject: "auth0|Grace", name: "Grace" });
		const agent = user({ type: "agent", email: "grace@example.com" });
		return {
			connector: agents,
			admits: [from({ ...agent, token }), from(agent, { authorization: `Bearer ${token}` })],
			leaves: [from({ userId: "u", token }), from({ ...ADA, token }), from({})],
			refuses: [from(agent), from({ ...agent, token: "nonsense" }), from({ user: "[]", token })],
		};
	});

	test("takes tokens for the app only, knows an agent by the token, not by the user", async () => {
		const token = await createAgentToken({ secret, subject: "grace", name: "Grace", apps: ["shop"] });
		const query = { ...user({ type: "agent", email: "boss@example.com", name: "Boss" }), token };
		expect(await agents.admit(from(query))).toMatchObject({ user: "grace", proved: true, name: "Grace" });
		await expect(agents.admit(from(query, {}, "other"))).rejects.toMatchObject({ code: "agent_token_invalid" });
	});
});

describe("a customer", () => {
	test("is received at the front desk, and is let into the conversation that it gives only", async () => {
		const frontDesk = new MemoryFrontDesk();
		const connector = new ChatCustomerConnector({ frontDesk, secret });
		const admission = await connector.admit(from({ ...ADA, conversationId: "mine", token: "t1" }));
		const arrival = { app: "shop", email: "ada@example.com", name: "Ada", conversationId: "mine", token: "t1" };
		expect(frontDesk.arrivals).toEqual([arrival]);
		const [reception] = frontDesk.receptions;
		expect(admission).toEqual({
			user: expect.any(String),
			account: `customer/${reception?.customerId}`,
			name: "Ada",
			email: "ada@example.com",
			session: reception?.conversationId,
			greeting: { customerId: reception?.customerId, token: reception?.token },
		});
		expect(reception?.conversationId).not.toBe("mine");
	});

	test("is the same user each time, whom nobody finds by the customer id; another in another app", async () => {
		const connector = customers();
		const first = await connector.admit(from(ADA));
		expect((await connector.admit(from(ADA)))?.user).toBe(first?.user);
		expect(first?.user).not.toContain(first?.greeting?.customerId);
		expect((await connector.admit(from(ADA, {}, "other")))?.user).not.toBe(first?.user);
	});

	test("two first connects at once make one customer", async () => {
		const connector = customers();
		const both = await Promise.all([connector.admit(from(ADA)), connector.admit(from(ADA))]);
		expect(new Set(both.map((each) => each?.greeting?.customerId)).size).toBe(1);
	});

	test.each<[string, string]>([
		["no JSON", "{email"],
		["nothing", ""],
		["a list", "[]"],
		["null", "null"],
		["a text", '"ada@example.com"'],
		["no e-mail", "{}"],
		["an e-mail that's none", '{"email":"the-secret-words"}'],
		["an e-mail that's no text", '{"email":["ada@example.com"]}'],
		["an e-mail that's too long", `{"email":"${"a".repeat(LIMITS.nameLength)}@example.com"}`],
		["a name that's no text", '{"email":"ada@example.com","name":{"the-secret-words":1}}'],
		["a name that's too long", `{"email":"ada@example.com","name":"${"the-secret-words".repeat(13)}"}`],
		["another type", '{"email":"ada@example.com","type":"the-secret-words"}'],
		["a type that's no text", '{"email":"ada@example.com","type":null}'],
		["too much", `{"email":"ada@example.com","more":"${"x".repeat(LIMITS.userBytes)}"}`],
	])("who says %s is refused, and not quoted", async (_, text) => {
		const frontDesk = new MemoryFrontDesk();
		const refused = new ChatCustomerConnector({ frontDesk, secret }).admit(from({ user: text }));
		await expect(refused).rejects.toMatchObject({
			name: "RouterError",
			code: "user_invalid",
			message: expect.not.stringContaining("the-secret-words"),
		});
		expect(frontDesk.arrivals).toEqual([]);
	});
});
