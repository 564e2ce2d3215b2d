import { describe, expect, test } from "@jest/globals";
import { ChatClient } from "../../connectors/chatOffice.js";
import { APP, Office } from "./given.js";

const ADA = { email: "ada@example.com", name: "Ada" };

/** Somebody's client at the socket. */
async function atSocket({ crm, transport }: Office, query: Record<string, string>): Promise<ChatClient> {
	const client = new ChatClient({ office: crm.office, transport }, query);
	await client.connect();
	return client;
}

/** An office, an agent's client, and a conversation of a customer who has a client, too. */
async function begin() {
	const office = await Office.open();
	const agent = await office.agent({ name: "Grace" });
	await office.crm.availability.choose(APP, agent.id, "online");
	const staff = office.client(agent.token).api;
	const opened = await staff.conversations.$post({ json: { customer: ADA, subject: "Late", tags: ["order"] } });
	const { data: conversation } = await opened.json();
	const token = await office.crm.customerTokens.issue(APP, conversation.customerId, conversation.id);
	const param = { id: conversation.id };
	return { office, agent, staff, opened, conversation, token, param, customer: office.client(token).api };
}

/** The code of the problem that is answered. */
async function codeOf(answer: Promise<{ status: number; json(): Promise<unknown> }>): Promise<string> {
	const { code, status } = (await (await answer).json()) as { code: string; status: number };
	return `${status} ${code}`;
}

describe("a conversation", () => {
	test("is opened by staff for a customer who is found or made, read, changed, and listed by every filter", async () => {
		const { office, staff, opened, conversation, agent, param } = await begin();
		expect(opened.status).toBe(201);
		expect(opened.headers.get("location")).toBe(`/api/conversations/${conversation.id}`);
		expect(conversation).toMatchObject({
			...{ status: "open", priority: "low", channel: "web", subject: "Late", tags: ["order"], rev: 1 },
			...{ customer: ADA, openedBy: { type: "agent", id: agent.id }, messageCount: 0, unreadCount: 0 },
		});
		expect(conversation).not.toHaveProperty("token");
		const { customerId } = conversation;
		office.clock.advance(1_000);
		const again = await (await staff.conversations.$post({ json: { customerId, priority: "high" } })).json();
		expect(again.data).toMatchObject({ customerId, priority: "high" });

		const json = { priority: "urgent", subject: null, metadata: { cart: 3 } } as const;
		const changed = await staff.conversations[":id"].$put({ param, json });
		expect(changed.headers.get("etag")).toBe('"2"');
		expect((await changed.json()).data).toMatchObject({ priority: "urgent", metadata: { cart: 3 }, rev: 2 });
		const header = { "If-Match": '"1"' };
		expect(await codeOf(staff.conversations[":id"].$put({ param, json: { subject: "x" }, header }))).toBe(
			"412 record_changed",
		);
		const read = await (await staff.conversations[":id"].$get({ param })).json();
		expect(read.data.subject).toBeUndefined();

		await staff.conversations[":id"].assign.$put({ param, json: { agentId: agent.id } });
		const ids = async (query: Record<string, string>) =>
			(await (await staff.conversations.$get({ query })).json()).data.map(({ id }) => id);
		expect(await ids({})).toEqual([again.data.id, conversation.id]);
		expect(await ids({ customerId, priority: "urgent" })).toEqual([conversation.id]);
		expect(await ids({ agentId: agent.id, status: "open" })).toEqual([conversation.id]);
		expect(await ids({ tag: "ORDER" })).toEqual([conversation.id]);
		expect(await ids({ status: "closed" })).toEqual([]);
		const first = await (await staff.conversations.$get({ query: { limit: 1 } })).json();
		const { nextCursor: cursor } = first;
		expect((await (await staff.conversations.$get({ query: { limit: 1, cursor } })).json()).data[0]?.id).toBe(
			conversation.id,
		);
	});

	test("is made once, however often its request is sent with one key", async () => {
		const { office, agent } = await begin();
		const body = JSON.stringify({ customer: { email: "bob@example.com" } });
		const ask = () => office.ask("POST", "/api/conversations", { token: agent.token, body, "idempotency-key": "k1" });
		const [one, two] = await Promise.all([(await ask()).json(), (await ask()).json()]);
		expect(two).toEqual(one);
		expect(await office.crm.customers.findByEmail(APP, "bob@example.com")).toMatchObject({ totalConversations: 1 });
	});

	test("is opened by customers for themselves alone, who get a token for it and see nobody else's", async () => {
		const { office, customer, conversation, param } = await begin();
		const { data: own } = await (await customer.conversations.$post({ json: { subject: "More" } })).json();
		expect(own).toMatchObject({ customerId: conversation.customerId, openedBy: { type: "customer" } });
		const mine = office.client(own.token).api;
		expect((await mine.conversations[":id"].$get({ param: { id: own.id } })).status).toBe(200);
		expect(await codeOf(mine.conversations[":id"].$get({ param }))).toBe("404 conversation_unknown");
		for (const json of [{ customer: ADA }, { customerId: "somebody" }]) {
			expect(await codeOf(customer.conversations.$post({ json }))).toBe("404 customer_unknown");
		}
		const { data: shown } = await (await customer.conversations[":id"].$get({ param })).json();
		expect(shown).not.toHaveProperty("tags");
		const listed = await (await customer.conversations.$get({})).json();
		expect(listed.data.map(({ id }) => id)).toEqual([conversation.id]);
		const others = await (await customer.conversations.$get({ query: { customerId: "somebody" } })).json();
		expect(others.data).toEqual([]);
		const closed = await (await customer.conversations.$get({ query: { status: "closed" } })).json();
		expect(closed.data).toEqual([]);
		const { token } = await office.agent();
		expect(await codeOf(office.client(token).api.conversations.$post({ json: { subject: "x" } }))).toBe(
			"400 invalid_input",
		);
		await office.crm.customers.update(APP, conversation.customerId, { status: "blocked" });
		expect(await codeOf(customer.conversations.$post({ json: {} }))).toBe("403 customer_blocked");
	});

	test("that isn't there, or is another's, is unknown by whatever route; what can't be an id is a field that's wrong", async () => {
		const { office, token, staff } = await begin();
		const { data: another } = await (
			await staff.conversations.$post({ json: { customer: { email: "bob@example.com" } } })
		).json();
		const askedOf = async (id: string) => {
			const path = encodeURIComponent(id);
			const message = JSON.stringify({ conversationId: id, content: "Hi" });
			const file = { fileName: "a.txt", contentType: "text/plain", fileSize: 1, conversationId: id };
			const asked = [
				["GET", `/conversations/${path}`],
				["PUT", `/conversations/${path}/close`],
				["GET", `/messages?conversationId=${path}`],
				["POST", "/attachments/upload-url", JSON.stringify(file)],
				["POST", "/messages", message],
			] as const;
			return Promise.all(
				asked.map(([method, route, body]) => codeOf(office.ask(method, `/api${route}`, { token, body }))),
			);
		};
		const unknown = "404 conversation_unknown";
		expect(await askedOf(another.id)).toEqual(Array(5).fill(unknown));
		expect(await askedOf("nobody-s")).toEqual(Array(5).fill(unknown));
		expect(await askedOf("a/b")).toEqual([...Array(4).fill(unknown), "400 invalid_input"]);
		expect(await askedOf("x".repeat(251))).toEqual(Array(5).fill("400 invalid_input"));
	});

	test("is assigned within the agent's capacity, and not while it's over", async () => {
		const { office, staff, agent, param, conversation } = await begin();
		const assign = (agentId: string | null, id = param.id) =>
			staff.conversations[":id"].assign.$put({ param: { id }, json: { agentId } });
		const assigned = await (await assign(agent.id)).json();
		expect(assigned.data).toMatchObject({ assignedAgentId: agent.id, agent: { name: "Grace", email: agent.email } });
		expect(await office.crm.agents.get(APP, agent.id)).toMatchObject({ activeConversations: 1 });
		const small = await office.agent({ capacity: 1 });
		expect(await codeOf(assign(small.id))).toBe("409 agent_unavailable");
		await office.crm.availability.choose(APP, small.id, "online");
		const { data: other } = await (
			await staff.conversations.$post({ json: { customerId: conversation.customerId } })
		).json();
		expect((await assign(small.id, other.id)).status).toBe(200);
		expect(await codeOf(assign(small.id))).toBe("409 agent_at_capacity");
		expect(await codeOf(assign("nobody"))).toBe("404 agent_unknown");
		expect((await (await assign(null)).json()).data.assignedAgentId).toBeUndefined();
		expect(await office.crm.agents.get(APP, agent.id)).toMatchObject({ activeConversations: 0 });
		await staff.conversations[":id"].close.$put({ param });
		expect(await codeOf(assign(agent.id))).toBe("409 conversation_closed");
		await staff.conversations[":id"].archive.$put({ param });
		expect(await codeOf(assign(agent.id))).toBe("409 conversation_archived");
	});

	test("goes through its life, of which its customer's and agent's sockets are told", async () => {
		const { office, staff, customer, agent, token, param } = await begin();
		const ada = await atSocket(office, { user: JSON.stringify(ADA), conversationId: param.id, token });
		const grace = await atSocket(office, { user: '{"type":"agent"}', token: agent.token });
		await grace.act("join", { conversationId: param.id });
		const { ":id": it } = staff.conversations;
		expect(await codeOf(it.archive.$put({ param }))).toBe("409 conversation_open");
		expect(await codeOf(customer.conversations[":id"].rate.$put({ param, json: { rating: 5 } }))).toBe(
			"409 conversation_open",
		);
		expect((await (await it.close.$put({ param })).json()).data).toMatchObject({ status: "closed" });
		expect((await (await it.reopen.$put({ param })).json()).data).toMatchObject({ status: "open" });
		const closed = await customer.conversations[":id"].close.$put({ param });
		expect((await closed.json()).data.status).toBe("closed");
		const rate = (rating: number) => customer.conversations[":id"].rate.$put({ param, json: { rating } });
		expect(await codeOf(rate(6))).toBe("400 invalid_input");
		expect((await (await rate(4)).json()).data).toMatchObject({ satisfaction: 4 });
		expect(await codeOf(rate(5))).toBe("409 conversation_rated");
		expect(await codeOf(it.rate.$put({ param, json: { rating: 1 } }))).toBe("403 forbidden");
		expect((await (await it.archive.$put({ param })).json()).data.status).toBe("archived");
		for (const again of [it.close, it.reopen]) {
			expect(await codeOf(again.$put({ param }))).toBe("409 conversation_archived");
		}
		expect(await codeOf(it.$put({ param, json: { status: "open", priority: "high" } }))).toBe(
			"409 conversation_archived",
		);
		expect((await (await it.$get({ param })).json()).data.priority).toBe("low");
		await office.crm.office.idle();
		for (const { events } of [ada, grace]) {
			expect(events.filter((event) => !["ready", "joined"].includes(event))).toEqual([
				"closed",
				"reopened",
				"closed",
				"rated",
				"archived",
			]);
		}
		// A client that is still there is told; one that comes begins another conversation.
		await ada.say("One more thing");
		expect(ada.of("error")).toEqual([expect.objectContaining({ code: "conversation_archived" })]);
		const back = await atSocket(office, { user: JSON.stringify(ADA), conversationId: param.id });
		expect(back.conversationId).not.toBe(param.id);
	});

	test("is closed by one of two who send the same ETag, and the other one is told", async () => {
		const { staff, param } = await begin();
		const header = { "If-Match": '"1"' };
		const close = () =>
			staff.conversations[":id"].$put({ param, json: { status: "closed" }, header }) as Promise<Response>;
		const answers = await Promise.all([close(), close()]);
		const refused = answers.filter(({ status }) => status !== 200);
		expect(await Promise.all(refused.map((answer) => codeOf(Promise.resolve(answer))))).toEqual(["412 record_changed"]);
		const won = answers.find(({ status }) => status === 200);
		const now = await staff.conversations[":id"].$get({ param });
		expect(now.headers.get("etag")).toBe(won?.headers.get("etag"));
		expect(await now.json()).toEqual(await won?.json());
	});

	test("is handed to another agent, or to whoever is free; until then it waits", async () => {
		const { office, staff, agent, param } = await begin();
		const grace = await office.agent({ skills: ["refunds"] });
		await staff.conversations[":id"].assign.$put({ param, json: { agentId: agent.id } });
		const handOff = (json: object) => staff.conversations[":id"].handoff.$put({ param, json });
		const waiting = await (await handOff({ skills: ["refunds"] })).json();
		expect(waiting.data).toMatchObject({ status: "pending" });
		expect(waiting.data.assignedAgentId).toBeUndefined();
		expect((await office.crm.assignments.waiting(APP)).conversationIds).toEqual([param.id]);
		await office.crm.availability.choose(APP, grace.id, "online");
		await office.crm.assignments.dispatch(APP, grace.id);
		expect(await office.crm.assignments.of(APP, param.id)).toMatchObject({ agentId: grace.id });
		const back = await (await handOff({ agentId: agent.id })).json();
		expect(back.data).toMatchObject({ assignedAgentId: agent.id });
		expect(await codeOf(handOff({ agentId: "nobody" }))).toBe("404 agent_unknown");
	});

	test("is given to a department, whose agents alone see it and get it while it waits; and to everybody again", async () => {
		const { office, staff, customer, agent, param } = await begin();
		const { availability, assignments } = office.crm;
		await availability.choose(APP, agent.id, "offline");
		const of = (department: string) => office.agent({ departments: [department] });
		const [sales, support] = [await of("sales"), await of("support")];
		const seenBy = async ({ token }: { token: string }) =>
			(await office.client(token).api.conversations[":id"].$get({ param })).status;
		const give = (department: string | null) => staff.conversations[":id"].$put({ param, json: { department } });
		const comes = async ({ id }: { id: string }) => {
			await availability.choose(APP, id, "online");
			await assignments.dispatch(APP, id);
			return assignments.of(APP, param.id);
		};
		const waiting = await assignments.request(APP, param.id);
		expect((await (await give("Sales")).json()).data).toMatchObject({ department: "sales" });
		expect([await seenBy(sales), await seenBy(support)]).toEqual([200, 403]);
		expect((await (await customer.conversations[":id"].$get({ param })).json()).data).not.toHaveProperty("department");
		expect(await comes(support)).toEqual(waiting);
		expect(await comes(sales)).toMatchObject({ state: "assigned", agentId: sales.id });

		await staff.conversations[":id"].assign.$put({ param, json: { agentId: null } });
		await availability.choose(APP, sales.id, "offline");
		await assignments.request(APP, param.id, { department: "sales" });
		expect((await (await give(null)).json()).data).not.toHaveProperty("department");
		expect(await seenBy(support)).toBe(200);
		expect(await assignments.of(APP, param.id)).toMatchObject({ state: "assigned", agentId: support.id });
	});

	test("isn't unread any more once staff has read it, and its customer's socket is told", async () => {
		const { office, staff, customer, agent, token, param } = await begin();
		const ada = await atSocket(office, { user: JSON.stringify(ADA), conversationId: param.id, token });
		await ada.say("Hello", { messageId: "m1" });
		await staff.messages.$post({ json: { conversationId: param.id, content: "Hi", messageId: "g1" } });
		// Who answers has it from then on.
		await office.becomes(param.id, { assignedAgentId: agent.id });
		await ada.say("Are you there?", { messageId: "m2" });
		await office.becomes(param.id, { unreadCount: 1, messageCount: 3 });
		expect((await staff.conversations[":id"].read.$put({ param, json: {} })).status).toBe(204);
		await office.becomes(param.id, { unreadCount: 0 });
		await office.crm.office.idle();
		expect(ada.of("read")).toEqual([expect.objectContaining({ senderType: "agent" })]);
		expect((await customer.conversations[":id"].read.$put({ param, json: { seq: 1 } })).status).toBe(204);
	});
});
