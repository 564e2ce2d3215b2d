import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { answeringConnectorSuite, testTurn } from "stentor-chat-router/testing";
import { OrderStatusConnector } from "../../examples/custom-connector/OrderStatusConnector.js";

const app = { id: "shop" };

describe("OrderStatusConnector", () => {
	answeringConnectorSuite(test, async () => ({
		connector: new OrderStatusConnector("bot"),
		app: { id: "shop" },
		otherApp: { id: "bank" },
		question: "Where is order 1234?",
	}));

	test("tells where an order is", async () => {
		const turn = testTurn({ app, text: "Where is order 1234?" });
		const { messages, handOff } = await new OrderStatusConnector().answer(turn);
		expect(JSON.stringify(messages)).toContain("is on its way");
		expect(handOff).toBeUndefined();
		expect(turn.told).toEqual([{ typing: true }, { typing: false }]);
	});

	test.each(["order 1235", "Order #1235?", "my ORDER1235, please"])("understands %j", async (text) => {
		const { messages } = await new OrderStatusConnector().answer(testTurn({ app, text }));
		expect(JSON.stringify(messages)).toContain("is being packed");
	});

	test("says so when there's no such order", async () => {
		const { messages, handOff } = await new OrderStatusConnector().answer(testTurn({ app, text: "order 9999" }));
		expect(JSON.stringify(messages)).toContain("no order 9999");
		expect(handOff).toBeUndefined();
	});

	test.each(["I ordered 3 bags", "order 12", "Talk to a person"])("hands off %j", async (text) => {
		const { handOff } = await new OrderStatusConnector("bot").answer(testTurn({ app, text }));
		expect(handOff).toEqual({ target: "bot" });
		expect((await new OrderStatusConnector().answer(testTurn({ app, text }))).handOff).toEqual({ target: undefined });
	});

	test("an order that can't be looked up is a failure, after which nobody seems to type", async () => {
		const turn = testTurn({ app, text: "order 1234", signal: AbortSignal.abort(new Error("too late")) });
		await expect(new OrderStatusConnector().answer(turn)).rejects.toThrow("too late");
		expect(turn.told).toEqual([{ typing: true }, { typing: false }]);
	});
});

test("the README shows code that is here", () => {
	const code = ["test/examples/custom-connector.test.ts", "examples/custom-connector/OrderStatusConnector.ts"]
		.map((file) => readFileSync(file, "utf8"))
		.join("\n");
	const lines = new Set(code.split("\n").map((line) => line.trim()));
	const readme = readFileSync("examples/custom-connector/README.md", "utf8");
	const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
	expect(blocks.length).toBeGreaterThan(0);
	for (const line of blocks.join("\n").split("\n")) expect([...lines, ""]).toContain(line.trim());
});
