import { describe, expect, test } from "@jest/globals";
import { ChatClient } from "../../connectors/chatOffice.js";
import { eventually } from "../../support/eventually.js";
import { APP, Office } from "./given.js";

const ADA = { email: "ada@example.com", name: "Ada" };

/** An office, an agent, and a conversation of a customer; each has a client of REST. */
async function begin() {
	const office = await Office.open();
	const agent = await office.agent({ name: "Grace" });
	const { conversation } = await office.crm.conversations.open(APP, { customer: ADA });
	const { id: conversationId, customerId } = conversation;
	const token = await office.crm.customerTokens.issue(APP, customerId, conversationId);
	const [customer, staff] = [office.client(token).api, office.client(agent.token).api];
	return { office, agent, conversationId, customerId, token, customer, staff };
}

/** The code of the problem that is answered. */
async function codeOf(answer: Promise<{ status: number; json(): Promise<unknown> }>): Promise<string> {
	const { code, status } = (await (await answer).json()) as { code: string; status: number };
	return `${status} ${code}`;
}

describe("a message", () => {
	test("is said by customer and agent as if at a socket, once under one id, and heard at the others' sockets", async () => {
		const { office, conversationId, customer, staff, token, agent } = await begin();
		const said = await customer.messages.$post({ json: { conversationId, content: "Hello", messageId: "m1" } });
		expect(said.status).toBe(201);
		const { data: hello } = await said.json();
		expect(said.headers.get("location")).toBe(`/api/messages/${hello.id}`);
		expect(hello).toMatchObject({
			...{ id: `${conversationId}.1`, seq: 1, senderType: "customer", senderName: "Ada", content: "Hello" },
			...{ messageType: "text", status: "sent", audience: "everyone" },
		});
		const again = await customer.messages.$post({ json: { conversationId, content: "Hello", messageId: "m1" } });
		expect((await again.json()).data).toEqual(hello);
		expect(await codeOf(customer.messages.$post({ json: { conversationId, content: "Hullo", messageId: "m1" } }))).toBe(
			"409 message_conflict",
		);

		const query = { user: JSON.stringify(ADA), conversationId, token };
		const ada = new ChatClient({ office: office.crm.office, transport: office.transport }, query);
		await ada.connect();
		await staff.messages.$post({ json: { conversationId, content: "Good day" } });
		await office.crm.office.idle();
		// She had no connection when she said the first.
		expect(ada.read).toEqual(["Hello", "Good day"]);
		// By whatever way it comes, it's the same message.
		await ada.say("Hello", { messageId: "m1" });
		expect(ada.of("ack")).toEqual([expect.objectContaining({ messageId: "m1", seq: 1 })]);
		const { participants = [] } = (await office.crm.office.session(APP, conversationId)) ?? {};
		expect(participants.map(({ role }) => role)).toEqual(["visitor", "agent"]);
		const grace = new ChatClient(
			{ office: office.crm.office, transport: office.transport },
			{ user: '{"type":"agent"}', token: agent.token },
		);
		await grace.connect();
		await grace.act("join", { conversationId });
		expect((await office.crm.office.session(APP, conversationId))?.participants).toHaveLength(2);
	});

	test("sent again with its Idempotency-Key is the same, also where the first died before it was answered", async () => {
		const { office, conversationId, token } = await begin();
		const body = JSON.stringify({ conversationId, content: "Hello" });
		const ask = () => office.ask("POST", "/api/messages", { token, body, "idempotency-key": "k1" });
		const answers = await Promise.all([ask(), ask(), ask()]);
		expect(new Set(await Promise.all(answers.map((each) => each.text()))).size).toBe(1);
		expect((await office.crm.office.session(APP, conversationId))?.seq).toBe(1);
	});

	test("is listed, read and counted, notes only for staff", async () => {
		const { office, conversationId, customer, staff } = await begin();
		await customer.messages.$post({ json: { conversationId, content: "One" } });
		office.clock.advance(60_000);
		await staff.messages.$post({ json: { conversationId, content: "Hm", audience: "staff" } });
		await staff.messages.$post({ json: { conversationId, content: "Two" } });
		office.clock.advance(10_000);
		await customer.messages.$post({ json: { conversationId, content: "Three" } });
		const list = async (client: typeof customer, query: object) => {
			const answer = await client.messages.$get({ query: { conversationId, ...query } });
			return (await answer.json()).data.map(({ content }) => content);
		};
		expect(await list(customer, {})).toEqual(["Three", "Two", "Grace joined the conversation", "One"]);
		expect(await list(staff, { order: "asc", limit: 2 })).toEqual(["One", "Hm"]);
		const page = await (await staff.messages.$get({ query: { conversationId, limit: 2 } })).json();
		expect(await list(staff, { limit: 2, cursor: page.nextCursor })).toEqual(["Grace joined the conversation", "Hm"]);

		expect(await list(staff, { senderType: "customer" })).toEqual(["Three", "One"]);
		expect(await list(customer, { senderType: "agent", order: "asc" })).toEqual(["Two"]);
		expect(await list(staff, { senderType: "system" })).toEqual(["Grace joined the conversation"]);
		const [newest] = page.data;
		expect(await list(staff, { senderId: newest?.senderId, limit: 1 })).toEqual(["Three"]);
		const first = { senderId: newest?.senderId, limit: 1 };
		const { nextCursor: cursor } = await (await staff.messages.$get({ query: { conversationId, ...first } })).json();
		expect(await list(staff, { ...first, cursor })).toEqual(["One"]);
		expect(await list(staff, { senderId: "nobody" })).toEqual([]);
		const wrong = { conversationId, senderType: "stranger" as "agent" };
		expect(await codeOf(staff.messages.$get({ query: wrong }))).toBe("400 invalid_input");

		const note = { param: { id: `${conversationId}.2` } };
		expect((await (await staff.messages[":id"].$get(note)).json()).data).toMatchObject({ audience: "staff" });
		expect(await codeOf(customer.messages[":id"].$get(note))).toBe("404 message_unknown");
		expect(await codeOf(customer.messages[":id"].$get({ param: { id: "nowhere.1" } }))).toBe("404 message_unknown");
		expect(await codeOf(staff.messages[":id"].$get({ param: { id: "nowhere" } }))).toBe("404 message_unknown");

		const stats = () => staff.messages[":conversationId"].stats.$get({ param: { conversationId } });
		await eventually(async () => {
			expect((await (await stats()).json()).data).toMatchObject({
				...{ messages: 3, bySender: { customer: 2, agent: 1, bot: 0 }, attachments: 0 },
				...{ firstResponseSeconds: 60, averageResponseSeconds: 60, responses: 1, durationSeconds: 70 },
			});
		});
		const theirs = customer.messages[":conversationId"].stats.$get({ param: { conversationId } });
		expect(await codeOf(theirs)).toBe("403 forbidden");
	});

	test("may be said in one's own conversations only, by nobody who is blocked, and by servers for others", async () => {
		const { office, conversationId, customerId, customer, staff, agent } = await begin();
		const { conversation: other } = await office.crm.conversations.open(APP, { customer: { email: "b@b.co" } });
		const elsewhere = { json: { conversationId: other.id, content: "x" } };
		expect(await codeOf(customer.messages.$post(elsewhere))).toBe("404 conversation_unknown");
		expect(await codeOf(customer.messages.$get({ query: { conversationId: other.id } }))).toBe(
			"404 conversation_unknown",
		);
		const say = (client: typeof customer, more: object) =>
			client.messages.$post({ json: { conversationId, content: "x", ...more } });
		expect(await codeOf(say(customer, { audience: "staff" }))).toBe("403 forbidden");
		expect(await codeOf(say(customer, { senderType: "agent" }))).toBe("403 forbidden");
		expect(await codeOf(say(staff, { senderType: "customer" }))).toBe("403 forbidden");
		for (const more of [
			{ content: " " },
			{ messageType: "video" },
			{ colour: "red" },
			{ content: "x".repeat(102_401) },
		]) {
			expect(await codeOf(say(customer, more))).toBe("400 invalid_input");
		}
		expect(await codeOf(say(customer, { content: "x".repeat(102_400) }))).toBe("413 frame_too_large");

		const server = office.client(await office.server("messages:write", "messages:read")).api;
		const types: string[] = [];
		for (const more of [
			{ senderType: "customer" },
			{ senderType: "agent", senderId: agent.id },
			{ senderType: "agent" },
			{},
		] as const) {
			const { data } = await (await say(server, more)).json();
			types.push(`${data.senderType} ${data.senderName}`);
		}
		expect(types).toEqual(["customer Ada", "agent Grace", "agent API", "agent API"]);
		expect(await codeOf(say(server, { senderType: "agent", senderId: "nobody" }))).toBe("404 agent_unknown");
		expect(await codeOf(say(server, { senderType: "customer", audience: "staff" }))).toBe("400 invalid_input");

		await office.crm.customers.update(APP, customerId, { status: "blocked" });
		expect(await codeOf(say(customer, {}))).toBe("403 customer_blocked");
	});

	test("opens a closed conversation again, and is refused in an archived one", async () => {
		const { office, conversationId, customer, staff } = await begin();
		const param = { id: conversationId };
		const say = (client: typeof customer) => client.messages.$post({ json: { conversationId, content: "x" } });
		await staff.conversations[":id"].close.$put({ param });
		await say(staff);
		await office.becomes(conversationId, { status: "closed", messageCount: 1 });
		await say(customer);
		await office.becomes(conversationId, { status: "open", messageCount: 2 });
		await staff.conversations[":id"].close.$put({ param });
		await staff.conversations[":id"].archive.$put({ param });
		for (const client of [customer, staff]) expect(await codeOf(say(client))).toBe("409 conversation_archived");
		expect((await office.crm.conversations.get(APP, conversationId)).messageCount).toBe(2);
	});
});
