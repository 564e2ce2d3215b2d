import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { echo } from "../connectors/chatOffice.js";
import { APP, CrmOffice } from "./CrmOffice.js";

let at: CrmOffice;

beforeEach(async () => {
	at = await CrmOffice.open([echo]);
});

afterEach(() => at.close());

const conversation = (id = "") => at.crm.conversations.get(APP, id);

describe("a customer's message", () => {
	test("goes to an agent who is free, who hears it and what follows without joining, and whose answer is heard", async () => {
		const grace = await at.agent("grace");
		const ada = await at.customer();
		await ada.say("Where is my order?");
		await at.eventually(
			() => grace.client.read.includes("Where is my order?"),
			() => grace.client.frames,
		);
		const id = ada.conversationId ?? "";
		expect(await conversation(id)).toMatchObject({
			assignedAgentId: grace.id,
			agent: { id: grace.id, email: "grace@example.com", name: "grace" },
		});
		await at.eventually(() => grace.client.of("conversation").some(({ event }) => event === "assigned"));

		await ada.act("typing", { isTyping: true });
		expect(grace.client.of("typing")).toEqual([expect.objectContaining({ conversationId: id, isTyping: true })]);
		await ada.say("It's number 5.");
		expect(grace.client.read).toEqual(["Where is my order?", "It's number 5."]);
		await grace.client.act("sendMessage", { conversationId: id, content: "On its way", messageType: "text" });
		expect(ada.read).toEqual(["On its way"]);
		await at.office.idle();
		expect(grace.client.of("conversation").filter(({ event }) => event === "assigned")).toHaveLength(1);
	});

	test("waits for the department that it was handed off to, whatever is said meanwhile", async () => {
		const { agents, availability, assignments, conversations } = at.crm;
		const of = async (department: string) => {
			const { id } = await at.agent(department);
			await agents.update(APP, id, { departments: [department] });
			await availability.choose(APP, id, "offline");
			return id;
		};
		const [sales, support] = [await of("sales"), await of("support")];
		const ada = await at.customer();
		const id = ada.conversationId ?? "";
		await conversations.update(APP, id, { department: "sales" });
		await ada.say("It leaks.");
		await at.eventually(async () => (await assignments.of(APP, id))?.state === "waiting");
		await assignments.request(APP, id, { department: "support", own: "sales" });
		const told = ada.of("queue").length;
		await ada.say("Is anybody there?");
		await at.eventually(() => ada.of("queue").length > told);
		await availability.choose(APP, sales, "online");
		await assignments.dispatch(APP, sales);
		expect(await assignments.of(APP, id)).toMatchObject({ state: "waiting" });
		await availability.choose(APP, support, "online");
		await at.eventually(async () => (await conversation(id)).assignedAgentId === support);
	});

	test("waits for an agent of the conversation's department, where it has one", async () => {
		const support = await at.agent("support");
		await at.crm.agents.update(APP, support.id, { departments: ["support"] });
		const ada = await at.customer();
		const id = ada.conversationId ?? "";
		await at.crm.conversations.update(APP, id, { department: "sales" });
		await ada.say("What does it cost?");
		await at.eventually(() => ada.of("queue").length > 0);
		const sales = await at.agent("sales");
		await at.eventually(async () => (await conversation(id)).assignedAgentId === sales.id);
		expect(support.client.read).toEqual([]);
	});

	test("is the bot's to answer while nobody is there, and no longer once an agent is", async () => {
		const ada = await at.customer();
		await ada.say("Hello?");
		await at.eventually(
			() => ada.read.includes("echo: Hello?"),
			() => ada.frames,
		);
		await at.eventually(
			() => ada.of("queue").some(({ position }) => position === 1),
			() => ada.frames,
		);

		const grace = await at.agent("grace");
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === grace.id);
		await at.eventually(
			() => ada.of("queue").some(({ position }) => position === 0),
			() => ada.frames,
		);
		await at.eventually(async () => {
			const session = await at.office.session(APP, ada.conversationId ?? "");
			return session?.floor.holder === undefined;
		});
		await ada.say("Anybody?");
		await at.eventually(() => grace.client.read.includes("Anybody?"));
		await at.office.idle();
		expect(ada.read).toEqual(["echo: Hello?"]);
	});

	test("waits where everybody who is there has enough, and isn't answered by the bot", async () => {
		await at.agent("grace", 1);
		const first = await at.customer("one@example.com");
		await first.say("One");
		await at.eventually(async () => (await conversation(first.conversationId)).assignedAgentId !== undefined);
		const second = await at.customer("two@example.com");
		await second.say("Two");
		await at.eventually(() => second.of("queue").some(({ position }) => position === 1));
		await at.office.idle();
		expect(second.read).toEqual([]);
		expect((await conversation(second.conversationId)).assignedAgentId).toBeUndefined();

		await first.act("closeConversation");
		await at.eventually(async () => (await conversation(second.conversationId)).assignedAgentId !== undefined);
	});

	test("is answered by the bot when the agent who has it is gone, with what was left unanswered", async () => {
		const grace = await at.agent("grace");
		const ada = await at.customer();
		await ada.say("One");
		await at.eventually(() => grace.client.read.includes("One"));
		await at.crm.availability.choose(APP, grace.id, "offline");
		await at.crm.upkeep();
		await at.eventually(
			() => ada.read.includes("echo: One"),
			() => ada.frames,
		);
	});

	test("goes to another agent who is free where the one who has it is gone", async () => {
		const grace = await at.agent("grace");
		const ada = await at.customer();
		await ada.say("One");
		await at.eventually(() => grace.client.read.includes("One"));
		const joan = await at.agent("joan");
		await at.crm.availability.choose(APP, grace.id, "offline");
		await ada.say("Two");
		await at.eventually(
			() => joan.client.read.includes("Two"),
			() => joan.client.frames,
		);
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === joan.id);
		await at.eventually(() => grace.client.of("conversation").some(({ event }) => event === "released"));
		expect((await at.crm.agents.get(APP, grace.id))?.activeConversations).toBe(0);
		await joan.client.act("sendMessage", { conversationId: ada.conversationId, content: "Hi", messageType: "text" });
		expect(ada.read).toEqual(["Hi"]);
		expect(joan.client.of("conversation").map(({ event }) => event)).toEqual(["assigned"]);
	});

	test("stays with an agent who is gone as long as nobody else is free", async () => {
		const grace = await at.agent("grace");
		const ada = await at.customer();
		await ada.say("One");
		await at.eventually(() => grace.client.read.includes("One"));
		await at.agent("joan", 1);
		const bob = await at.customer("bob@example.com");
		await at.crm.availability.choose(APP, grace.id, "offline");
		await bob.say("Mine");
		await at.eventually(async () => (await conversation(bob.conversationId)).assignedAgentId !== undefined);
		await ada.say("Two");
		await at.eventually(() => grace.client.read.includes("Two"));
		await at.office.idle();
		expect((await conversation(ada.conversationId)).assignedAgentId).toBe(grace.id);
	});
});

test("what somebody waits for isn't gathered with what may come: closing, and who is wanted again after it", async () => {
	const patient = await CrmOffice.open([echo], { gatherMs: 3_600_000 });
	try {
		const grace = await patient.agent("grace");
		const ada = await patient.customer();
		const id = ada.conversationId ?? "";
		const becomes = (status: string, activeConversations: number) =>
			patient.eventually(async () => {
				const [now, agent] = [
					await patient.crm.conversations.get(APP, id),
					await patient.crm.agents.get(APP, grace.id),
				];
				return now.status === status && agent?.activeConversations === activeConversations;
			});
		await ada.say("One");
		await becomes("open", 1);
		await ada.say("Two");
		await ada.act("closeConversation");
		await becomes("closed", 0);
		await ada.say("Three");
		await becomes("open", 1);
		await grace.client.act("closeConversation", { conversationId: id });
		await becomes("closed", 0);
	} finally {
		await patient.close();
	}
});

describe("an agent", () => {
	test("who takes over a conversation has it, and nobody else is given it", async () => {
		const ada = await at.customer();
		await ada.say("Hello?");
		await at.eventually(() => ada.of("queue").length > 0);
		const grace = await at.agent("grace");
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === grace.id);
		const joan = await at.agent("joan");
		await joan.client.act("join", { conversationId: ada.conversationId });
		await joan.client.act("takeOver", { conversationId: ada.conversationId });
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === joan.id);
		await at.eventually(() => grace.client.of("conversation").some(({ event }) => event === "released"));
		await ada.say("Are you there?");
		expect(joan.client.read).toContain("Are you there?");
		expect(grace.client.read).not.toContain("Are you there?");
	});

	test("who connects hears the conversations that are theirs, with what was said before", async () => {
		const grace = await at.agent("grace");
		await grace.client.drop();
		const ada = await at.customer();
		await ada.say("One");
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === grace.id);
		const client = await at.desk(grace.id);
		expect(client.read).toContain("One");
		await ada.say("Two");
		expect(client.read).toContain("Two");
	});

	test("who has read has nothing unread", async () => {
		const grace = await at.agent("grace");
		const ada = await at.customer();
		await ada.say("One");
		await at.eventually(async () => (await conversation(ada.conversationId)).unreadCount === 1);
		await at.eventually(() => grace.client.read.includes("One"));
		await grace.client.act("markRead", { conversationId: ada.conversationId });
		await at.eventually(async () => (await conversation(ada.conversationId)).unreadCount === 0);
	});
});

test("a conversation that its customer closes and opens again is the agent's who takes part in it, and counts", async () => {
	const grace = await at.agent("grace", 1);
	const ada = await at.customer();
	await ada.say("One");
	await at.eventually(() => grace.client.read.includes("One"));
	const { conversationId } = ada;
	await grace.client.act("sendMessage", { conversationId, content: "Yes?", messageType: "text" });
	const has = async () => (await at.crm.agents.get(APP, grace.id))?.activeConversations;
	await ada.act("closeConversation");
	await at.eventually(async () => (await has()) === 0);
	await ada.say("Two");
	await at.eventually(async () => (await has()) === 1);
	expect(await conversation(conversationId)).toMatchObject({ status: "open", assignedAgentId: grace.id });
	await ada.act("closeConversation");
	await at.eventually(async () => (await has()) === 0);
	const bob = await at.customer("bob@example.com");
	await bob.say("Mine");
	await at.eventually(async () => (await conversation(bob.conversationId)).assignedAgentId === grace.id);
	// Beyond what she may have she goes on in it, but it isn't said to be hers.
	await ada.say("Three");
	await at.eventually(async () => (await conversation(conversationId)).assignedAgentId === undefined);
	expect(await has()).toBe(1);
});

test("100 conversations at once, 10 agents who take 5 each: exactly 50 are given, the others as places come free", async () => {
	const agents = [];
	for (let n = 0; n < 10; n++) agents.push(await at.agent(`agent-${n}`));
	const customers = await Promise.all(Array.from({ length: 100 }, (_, n) => at.customer(`c${n}@example.com`)));
	await Promise.all(customers.map((each) => each.say("Help")));
	const assigned = async () => {
		const all = await Promise.all(customers.map((each) => conversation(each.conversationId)));
		return all.filter(({ assignedAgentId }) => assignedAgentId !== undefined);
	};
	await at.eventually(async () => (await assigned()).length === 50);
	await at.crm.upkeep();
	expect(await assigned()).toHaveLength(50);
	const listed = await at.crm.agents.list(APP, {});
	expect(listed.agents.map(({ activeConversations }) => activeConversations)).toEqual(Array(10).fill(5));

	const [one] = await assigned();
	const closing = customers.find((each) => each.conversationId === one?.id);
	await closing?.act("closeConversation");
	await at.eventually(async () => (await assigned()).length === 51);
}, 60_000);
