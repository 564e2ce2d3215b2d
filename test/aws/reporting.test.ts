import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { json } from "../support/httpBot.js";
import { Lambdas } from "../support/lambdas/Lambdas.js";
import { acknowledged, saying } from "../support/lambdas/saying.js";
import { type ProviderStandIn, provider, sentryTakes } from "../support/provider.js";

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	let sentry: ProviderStandIn;
	beforeAll(async () => {
		sentry = await provider(sentryTakes);
		const variables = {
			MONITORING_PROVIDER: "sentry",
			MONITORING_ENVIRONMENT: "staging",
			SENTRY_DSN: `http://public@${sentry.host}/42`,
		};
		lambdas = await Lambdas.open({ endpoint, variables });
	}, 300_000);
	afterAll(async () => {
		await lambdas?.close();
		sentry?.close();
	});

	test("the deployed functions report an error before their event is answered, without what was said", async () => {
		const ws = await lambdas.start("ws");
		const { held, sessionId } = await lambdas.visitor(ws);
		lambdas.bot.steps = [json({}, 400)];
		await lambdas.send(ws, held, saying(sessionId, "where is my order?", "m-1"));
		expect(sentry.received).toHaveLength(1);
		const [{ path, body } = { path: "", body: "" }] = sentry.received;
		expect(path).toBe("/api/42/envelope/");
		const event = JSON.parse(body.split("\n")[2] ?? "");
		expect(event).toMatchObject({ environment: "staging", level: "error", transaction: "turn failed" });
		expect(body).not.toContain("where is my order?");
		expect(body).not.toContain(sessionId);
		expect(ws.output).not.toContain("error not reported");
	}, 60_000);

	test("one that can't be reached keeps nobody from being served, and is told of in the log", async () => {
		const ws = await lambdas.start("ws", endpoint, { SENTRY_DSN: "http://public@127.0.0.1:1/42" });
		const { held, sessionId } = await lambdas.visitor(ws);
		lambdas.bot.steps = [json({}, 400)];
		await lambdas.send(ws, held, saying(sessionId, "where is my order?", "m-1"));
		expect(acknowledged(held)).toEqual(["m-1"]);
		expect(ws.output).toContain("error not reported");
	}, 60_000);
});
