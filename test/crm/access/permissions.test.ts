import { describe, expect, test } from "@jest/globals";
import { type Actor, type CustomerActor, SCOPES, type StaffActor } from "../../../src/crm/access/Actor.js";
import { authorise, may, reachOf, type Subject } from "../../../src/crm/access/authorise.js";
import { type Action, PERMISSIONS, type Reach, type RecordKind } from "../../../src/crm/access/permissions.js";

const app = "shop";
const customer: CustomerActor = { role: "customer", app, customerId: "mine", conversationId: "c-mine" };
const staff = (role: StaffActor["role"], departments = ["sales"]): StaffActor => ({
	role,
	app,
	agentId: "me",
	departments,
});
const server = (scopes: readonly (typeof SCOPES)[number][]): Actor => ({ role: "server", app, keyId: "k", scopes });

/** For each kind of record: one that's the actor's own (customer and agent alike), and one that's somebody else's. */
const RECORDS: Record<RecordKind, { own: Subject; foreign: Subject }> = {
	customer: {
		own: { kind: "customer", app, customerId: "mine" },
		foreign: { kind: "customer", app, customerId: "theirs" },
	},
	conversation: {
		own: { kind: "conversation", app, id: "c-mine", customerId: "mine", assignedAgentId: "me", department: "support" },
		foreign: { kind: "conversation", app, id: "c-2", customerId: "x", assignedAgentId: "them", department: "support" },
	},
	agent: { own: { kind: "agent", app, agentId: "me" }, foreign: { kind: "agent", app, agentId: "them" } },
	app: { own: { kind: "app", app }, foreign: { kind: "app", app: "other" } },
};

/**
 * What crm.md, rule 7, says, told apart from the table: who may do it with their own record / with somebody else's.
 * C customer, G agent, A admin, S server with the scope. An app's own record is that app.
 */
const EXPECTED: Record<Action, readonly [own: string, foreign: string]> = {
	"customers.create": ["GAS", ""],
	"customers.get": ["CGAS", "GAS"],
	"customers.update": ["GAS", "GAS"],
	"customers.list": ["GAS", ""],
	"customers.search": ["GAS", ""],
	"customers.merge": ["AS", "AS"],
	"customers.export": ["AS", "AS"],
	"customers.erase": ["AS", "AS"],
	"conversations.create": ["CGAS", "GAS"],
	"conversations.get": ["CGAS", "AS"],
	"conversations.update": ["GAS", "AS"],
	"conversations.list": ["CGAS", "AS"],
	"conversations.assign": ["GAS", "AS"],
	"conversations.close": ["CGAS", "AS"],
	"conversations.reopen": ["CGAS", "AS"],
	"conversations.archive": ["GAS", "AS"],
	"conversations.rate": ["C", ""],
	"conversations.handoff": ["GAS", "AS"],
	"conversations.read": ["CGA", "A"],
	"conversations.knowledge": ["GAS", "AS"],
	"agents.create": ["AS", ""],
	"agents.get": ["GAS", "GAS"],
	"agents.update": ["AS", "AS"],
	"agents.status": ["GA", "A"],
	"agents.list": ["GAS", ""],
	"agents.available": ["GAS", ""],
	"agents.password": ["GA", "A"],
	"agents.role": ["A", "A"],
	"agents.revoke": ["GA", "A"],
	"messages.create": ["CGAS", "AS"],
	"messages.get": ["CGAS", "AS"],
	"messages.list": ["CGAS", "AS"],
	"messages.search": ["CGAS", "AS"],
	"messages.stats": ["GAS", "AS"],
	"attachments.upload": ["CGAS", "AS"],
	"attachments.get": ["CGAS", "AS"],
	"knowledge.write": ["AS", ""],
	"knowledge.read": ["GAS", ""],
	"knowledge.search": ["GAS", ""],
	"knowledge.answer": ["GAS", ""],
	"apiKeys.create": ["A", ""],
	"apiKeys.list": ["A", ""],
	"audit.list": ["A", ""],
	"apiKeys.revoke": ["A", ""],
	"session.me": ["CGA", ""],
	"session.connectTicket": ["CGA", ""],
	"socket.sendMessage": ["CGA", "A"],
	"socket.typing": ["CGA", "A"],
	"socket.markRead": ["CGA", "A"],
	"socket.resume": ["CGA", "A"],
	"socket.closeConversation": ["CGA", "A"],
	"socket.rate": ["C", ""],
	"socket.ping": ["CGA", ""],
	"socket.visit": ["C", ""],
	"socket.join": ["GA", "A"],
	"socket.leave": ["GA", "A"],
	"socket.takeOver": ["GA", "A"],
	"socket.giveBack": ["GA", "A"],
	"socket.note": ["GA", "A"],
	"socket.subscribe": ["GA", ""],
};

const ACTIONS = Object.keys(PERMISSIONS) as Action[];
const ACTORS: readonly (readonly [letter: string, actor: Actor])[] = [
	["C", customer],
	["G", staff("agent")],
	["A", staff("admin")],
	["S", server(SCOPES)],
];

describe("every action, by every role, with a record of one's own and of somebody else's", () => {
	const cases = ACTIONS.flatMap((action) =>
		ACTORS.flatMap(([letter, actor]) =>
			(["own", "foreign"] as const).map((whose) => ({ action, letter, role: actor.role, actor, whose })),
		),
	);

	test("is in the list of what's expected, and nothing else is", () => {
		expect(Object.keys(EXPECTED).sort()).toEqual([...ACTIONS].sort());
		expect(cases).toHaveLength(ACTIONS.length * 8);
	});

	test.each(cases)("$action, $role, $whose", ({ action, letter, actor, whose }) => {
		const record = RECORDS[PERMISSIONS[action].on][whose];
		const allowed = EXPECTED[action][whose === "own" ? 0 : 1].includes(letter);
		expect(may(actor, action, record)).toBe(allowed);
		if (allowed) expect(() => authorise(actor, action, record)).not.toThrow();
		else expect(() => authorise(actor, action, record)).toThrow(expect.objectContaining({ code: "forbidden" }));
	});

	test.each(cases)("$action, $role, $whose: never in another app", ({ action, actor, whose }) => {
		const record = { ...RECORDS[PERMISSIONS[action].on][whose], app: "other" };
		expect(may(actor, action, record)).toBe(false);
	});

	test.each(cases)("$action, $role: never with a record of another kind", ({ action, actor, whose }) => {
		const others = Object.entries(RECORDS).filter(([kind]) => kind !== PERMISSIONS[action].on);
		for (const [, records] of others) expect(may(actor, action, records[whose])).toBe(false);
	});
});

describe("a server", () => {
	test.each(ACTIONS)("needs for %s the scope that the table names, and no other", (action) => {
		const record = RECORDS[PERMISSIONS[action].on].own;
		const enough = SCOPES.filter((scope) => may(server([scope]), action, record));
		const { server: needed } = PERMISSIONS[action];
		expect(enough).toEqual(needed === "none" ? [] : [needed]);
		expect(may(server(SCOPES.filter((scope) => scope !== needed)), action, record)).toBe(false);
		expect(may(server([]), action, record)).toBe(false);
	});
});

describe("whose a conversation is", () => {
	const conversation = { kind: "conversation", app, id: "c-mine", customerId: "mine" } as const;
	const gets = (actor: Actor, given: Partial<Subject & { kind: "conversation" }>) =>
		may(actor, "conversations.get", { ...conversation, ...given });

	test("a customer's token is for one, a proved customer has all of theirs", () => {
		expect(gets(customer, {})).toBe(true);
		expect(gets(customer, { id: "c-older" })).toBe(false);
		const proved: Actor = { role: "customer", app, customerId: "mine" };
		expect(gets(proved, { id: "c-older" })).toBe(true);
		expect(gets(proved, { customerId: "theirs" })).toBe(false);
	});

	test("an agent has those assigned to them, of their departments, and of no department; without departments all", () => {
		const agent = staff("agent", ["sales"]);
		expect(gets(agent, { department: "support" })).toBe(false);
		expect(gets(agent, { department: "support", assignedAgentId: "them" })).toBe(false);
		expect(gets(agent, { department: "support", assignedAgentId: "me" })).toBe(true);
		expect(gets(agent, { department: "sales", assignedAgentId: "them" })).toBe(true);
		expect(gets(agent, {})).toBe(true);
		expect(gets(staff("agent", []), { department: "support", assignedAgentId: "them" })).toBe(true);
	});

	test("how far a list goes is told before there's a record", () => {
		const reaches: [Actor, Reach][] = [
			[customer, "own"],
			[staff("agent"), "own"],
			[staff("admin"), "all"],
			[server(["conversations:read"]), "all"],
			[server(["messages:read"]), "none"],
		];
		for (const [actor, reach] of reaches) expect(reachOf(actor, "conversations.list")).toBe(reach);
	});
});
