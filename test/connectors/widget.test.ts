import { describe, expect, test } from "@jest/globals";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { clientId } from "../../src/protocol/router/frames.js";
import { socketConnectorSuite } from "../../src/testing/socketConnectorSuite.js";

const widget = new WidgetConnector();
const admit = async (query: Record<string, string | undefined>) =>
	(await widget.admit({ app: { id: "shop" }, query, headers: {} })).user;

describe("the contract", () => {
	const from = (query: Record<string, string>) => ({ app: { id: "shop" }, query, headers: {} });
	socketConnectorSuite(test, async () => ({
		connector: widget,
		admits: [from({ userId: "u" }), from({}), from({ userId: "o'brien@example.com", isAdmin: "false" })],
	}));
});

test("speaks the router dialect for visitors, and asks for nothing that's an agent's", () => {
	expect(widget).toMatchObject({ name: "widget", answers: false, role: "visitor", dialect: { name: "router" } });
	expect(widget.commands).toEqual(["join", "leave", "message", "typing", "resume", "receipt", "ping"]);
});

test("knows a visitor by the query's user id", async () => {
	const given = "stentor-widget-user-0b9a4a4c-3f4b-4c44-9d1f-5b6a0d8c9e11";
	expect(await admit({ userId: given, isAdmin: "false", createWsReason: "emitNoWs" })).toBe(given);
	expect(await admit({ userId: "stentor-widget-user-ada@example.com" })).toBe("stentor-widget-user-ada@example.com");
});

test("makes up a new random one where there's none", async () => {
	const users = await Promise.all([admit({}), admit({ userId: "" }), admit({ userId: undefined })]);
	for (const user of users) expect(user).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
	expect(new Set(users).size).toBe(3);
});

test.each(["o'brien@example.com", "ada lovelace", "ünï", "a/b", "x".repeat(201), "\u0000", "<script>"])(
	"takes %j too, by its hash: the same person each time",
	async (userId) => {
		const user = await admit({ userId });
		expect(clientId.parse(user)).toBe(user);
		expect(user).not.toContain(userId);
		expect(await admit({ userId })).toBe(user);
		expect(await admit({ userId: `${userId}!` })).not.toBe(user);
	},
);
