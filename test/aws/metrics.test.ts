import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { eventually } from "../support/eventually.js";
import { json, silence } from "../support/httpBot.js";
import type { LambdaProcess } from "../support/lambdas/LambdaProcess.js";
import { Lambdas } from "../support/lambdas/Lambdas.js";
import { saying } from "../support/lambdas/saying.js";

/** After this time nobody's turn is left to a process that may be dead, in milliseconds. */
const LEFT_MS = 10 * 60_000;

interface Line {
	readonly _aws: {
		readonly Timestamp: number;
		readonly CloudWatchMetrics: readonly [
			{
				readonly Namespace: string;
				readonly Dimensions: readonly (readonly string[])[];
				readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
			},
		];
	};
	readonly [key: string]: unknown;
}

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	let ws: LambdaProcess;
	beforeAll(async () => {
		// Metrics aren't a matter of what is logged.
		lambdas = await Lambdas.open({ endpoint, variables: { LOG_LEVEL: "silent" } });
		ws = await lambdas.start("ws");
	}, 300_000);
	afterAll(() => lambdas?.close());

	/** The one line of JSON that this process prints while `work` is done, which has the metric `name`. */
	async function printed(process: LambdaProcess, work: () => Promise<unknown>, name: string): Promise<Line> {
		const from = process.output.length;
		await work();
		const lines = () =>
			process.output
				.slice(from)
				.split("\n")
				.slice(0, -1)
				.filter((line) => line.startsWith("{"));
		const parsed = () => lines().map((line) => JSON.parse(line) as Line);
		await eventually(() => expect(parsed().some((line) => name in line)).toBe(true));
		expect(parsed()).toHaveLength(1);
		const [line] = parsed();
		if (!line) throw new Error("nothing was printed");
		return line;
	}

	/** What CloudWatch takes of a line; fails where it would refuse it. */
	function values({ _aws: { Timestamp, CloudWatchMetrics }, ...line }: Line) {
		expect(Math.abs(Date.now() - Timestamp)).toBeLessThan(2 * LEFT_MS);
		expect(CloudWatchMetrics).toHaveLength(1);
		const [{ Namespace, Dimensions, Metrics }] = CloudWatchMetrics;
		expect([Namespace, Dimensions]).toEqual(["stentor-chat", [["Deployment"]]]);
		const { Deployment, ...metrics } = line;
		expect(Deployment).toBe(lambdas.prefix);
		expect(Metrics).toEqual(
			Object.keys(metrics).map((Name) => ({ Name, Unit: Name === "TurnLatency" ? "Milliseconds" : "Count" })),
		);
		for (const value of Object.values(metrics).flat()) expect(Number.isFinite(value)).toBe(true);
		return metrics;
	}

	test("the deployed functions print what they did as lines of the embedded metric format", async () => {
		const { held, sessionId } = await lambdas.visitor(ws);
		const said = () => lambdas.send(ws, held, saying(sessionId, "where is my order?", "m-1"));
		const metrics = values(await printed(ws, said, "Messages"));
		expect(metrics).toEqual({ Messages: 1, Answers: 1, Deliveries: 1, TurnLatency: [expect.any(Number)] });
		held.close();
		const away = values(await printed(ws, () => lambdas.send(ws, held, saying(sessionId, "and?", "m-2")), "Messages"));
		expect(away).toEqual({ Messages: 1, Answers: 1, GoneConnections: 1, TurnLatency: [expect.any(Number)] });
	}, 60_000);

	test("a bot that refuses is a turn that failed", async () => {
		const { held, sessionId } = await lambdas.visitor(ws);
		lambdas.bot.steps = [json({}, 400)];
		const line = await printed(ws, () => lambdas.send(ws, held, saying(sessionId, "hello?", "m-1")), "FailedTurns");
		expect(values(line)).toMatchObject({ Messages: 1, FailedTurns: 1, Failures: 1 });
	}, 60_000);

	test("the sweep counts whom nobody works for, and says so where there's nobody", async () => {
		const doomed = await lambdas.start("ws");
		const { held, sessionId } = await lambdas.visitor(doomed);
		lambdas.bot.steps = [silence];
		lambdas.bot.received.length = 0;
		const ended = expect(lambdas.send(doomed, held, saying(sessionId, "hello?", "m-1"))).rejects.toThrow("SIGKILL");
		await eventually(() => expect(lambdas.bot.requests).toHaveLength(1));
		await doomed.kill();
		await ended;
		lambdas.bot.dropConnections();
		lambdas.bot.steps = [json({ outputSpeech: { displayText: "Here I am." } })];
		const scheduled = await lambdas.start("scheduled");
		const sweep = () => scheduled.invoke({ task: "sweep" });
		expect(values(await printed(scheduled, sweep, "UnhandledTurns"))).toEqual({ UnhandledTurns: 0 });
		scheduled.aheadMs = LEFT_MS;
		expect(values(await printed(scheduled, sweep, "UnhandledTurns"))).toMatchObject({ UnhandledTurns: 1, Answers: 1 });
	}, 120_000);
});
