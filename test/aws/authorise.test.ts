import { afterAll, expect, test } from "@jest/globals";
import { createDeployedTables } from "../../aws/offline/tables.js";
import { ConnectTickets } from "../../src/crm/access/ConnectTickets.js";
import { TOPIC } from "../../src/server/topic.js";
import { DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { localEnvironment, onDynamodbLocal } from "../support/dynamodbLocal.js";

const PREFIX = "authorised-";
const { env } = process;
afterAll(() => {
	process.env = env;
});

await onDynamodbLocal(({ endpoint, client }) => {
	test("a ticket that's there is let through, of the app that's meant; what may be meant by none is for ws to judge", async () => {
		process.env = {
			...env,
			...localEnvironment(endpoint),
			TABLE_PREFIX: PREFIX,
			APPS_SECRET_ID: "a secret with several apps",
		};
		await createDeployedTables(client, PREFIX);
		const storage = new DynamoStorage({ prefix: PREFIX, client });
		const tickets = new ConnectTickets({ topic: TOPIC, storage, clock: Date.now });
		const actor = { role: "admin", app: "shop", agentId: "a", departments: [] } as const;
		const { ticket } = await tickets.issue(actor);
		const { handler } = await import("../../src/aws/functions/authorise.js");
		const effect = async (queryStringParameters: Record<string, string>) => {
			const { policyDocument } = await handler({ queryStringParameters, methodArn: "arn" });
			return policyDocument.Statement.map(({ Effect }) => Effect).join();
		};
		expect(await effect({ ticket, appId: "shop" })).toBe("Allow");
		expect(await effect({ ticket, appId: "other" })).toBe("Deny");
		expect(await effect({ ticket: "made up", appId: "shop" })).toBe("Deny");
		expect(await effect({ ticket, appId: "x".repeat(1_100) })).toBe("Deny");
		expect(await effect({ ticket })).toBe("Allow");
		expect(await effect({})).toBe("Allow");
	});
});
