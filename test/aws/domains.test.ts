import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { connections } from "../../src/delivery/records.js";
import { TOPIC } from "../../src/server/topic.js";
import { DynamoStorage } from "../../src/storage/dynamodb/DynamoStorage.js";
import { connectEvent } from "../support/apiGatewayEvents.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { Lambdas } from "../support/lambdas/Lambdas.js";

const OWN = "abc123.execute-api.eu-central-1.amazonaws.com";

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	beforeAll(async () => {
		lambdas = await Lambdas.open({ endpoint, variables: { CONNECTION_SERVER_URL: "" } });
	}, 300_000);
	afterAll(() => lambdas?.close());

	test("a connection is posted to at the domain that it came by: with the stage at API Gateway's, without at one's own", async () => {
		const ws = await lambdas.start("ws");
		const storage = new DynamoStorage({ client: lambdas.client, prefix: lambdas.prefix });
		const postedTo = async (domainName: string) => {
			const event = connectEvent(`c-${domainName}`, { userId: "u-1" });
			const requestContext = { ...event.requestContext, domainName, stage: "prod" };
			expect(await ws.invoke({ ...event, requestContext })).toEqual({ statusCode: 200 });
			return (await storage.get(connections, [`${TOPIC}/c-${domainName}`]))?.url;
		};
		expect(await postedTo(OWN)).toBe(`https://${OWN}/prod`);
		expect(await postedTo("connect.chat.example.com")).toBe("https://connect.chat.example.com");
	}, 60_000);
});
