import { expect, test } from "@jest/globals";
import { changeIn } from "../../src/aws/deskChanges.js";
import { TOPIC } from "../../src/server/topic.js";
import { toItem } from "../../src/storage/dynamodb/values.js";

const conversation = `${TOPIC}/shop/c-1`;

function event(table: string, before?: object, after?: object, key = conversation) {
	const image = (fields?: object) => fields && toItem({ conversation: key, appId: "shop", id: "c-1", ...fields });
	return {
		eventSourceARN: `arn:aws:dynamodb:eu-central-1:123456789012:table/p-${table}/stream/2026-01-01T00:00:00.000`,
		eventName: "MODIFY",
		dynamodb: { Keys: toItem({ conversation: key }), OldImage: image(before), NewImage: image(after) },
	};
}

test.each([
	["what was counted has changed", event("conversationActivity"), {}],
	["one was opened", event("conversations", undefined, { customerId: "a" }), {}],
	["its subject has changed", event("conversations", { customerId: "a" }, { customerId: "a", subject: "b" }), {}],
	[
		"it's another agent's",
		event("conversations", { customerId: "a", assignedAgentId: "x" }, { customerId: "a" }),
		{ before: expect.objectContaining({ kind: "conversation", assignedAgentId: "x" }) },
	],
	[
		"it's gone",
		event("conversations", { customerId: "a", department: "care" }),
		{ before: expect.objectContaining({ department: "care" }) },
	],
])("%s", (_, given, expected) => {
	const { before, ...change } = changeIn(given, "p-") ?? {};
	expect(change).toEqual({ app: "shop", id: "c-1" });
	expect({ ...(before && { before }) }).toEqual(expected);
});

test("other tables and topics are left out", () => {
	expect(changeIn(event("entries"), "p-")).toBeUndefined();
	expect(changeIn(event("conversations", {}, {}, "another/shop/c-1"), "p-")).toBeUndefined();
	expect(changeIn(event("conversations"), "q-")).toBeUndefined();
});
