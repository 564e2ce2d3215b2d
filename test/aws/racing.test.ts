import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { eventually } from "../support/eventually.js";
import { json, type Step, silence } from "../support/httpBot.js";
import type { LambdaProcess } from "../support/lambdas/LambdaProcess.js";
import { Lambdas } from "../support/lambdas/Lambdas.js";
import { acknowledged, heard, saying } from "../support/lambdas/saying.js";

/** After this time nobody's turn is left to a process that may be dead, in milliseconds. */
const LEFT_MS = 10 * 60_000;

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	let processes: LambdaProcess[];
	beforeAll(async () => {
		lambdas = await Lambdas.open({ endpoint });
	}, 300_000);
	beforeEach(() => {
		processes = [];
		lambdas.bot.received.length = 0;
		lambdas.bot.steps = [echo];
	});
	afterEach(() => Promise.all(processes.map((each) => each.kill())));
	afterAll(() => lambdas?.close());

	async function start(name: "ws" | "scheduled", aheadMs = 0): Promise<LambdaProcess> {
		const started = await lambdas.start(name);
		started.aheadMs = aheadMs;
		processes.push(started);
		return started;
	}

	/** Repeats what it was asked. */
	const echo: Step = (response, request) => {
		const answer = `You said ${lambdas.bot.requests.at(-1)?.rawQuery}`;
		json({ outputSpeech: { displayText: answer } })(response, request);
	};
	/** What the bot was asked, in its order. */
	const asked = () =>
		lambdas.bot.requests.flatMap(({ rawQuery }) => (rawQuery === undefined ? [] : [String(rawQuery)]));
	const texts = async (sessionId: string) =>
		(await lambdas.log(sessionId)).flatMap(({ from, content }) =>
			content.type === "message" ? [`${from.role}: ${content.text}`] : [],
		);

	describe("two processes, and frames of one session at once", () => {
		test("each message is answered once, one at a time, in the order of the log", async () => {
			const [a, b] = [await start("ws"), await start("ws")];
			const { held, sessionId } = await lambdas.visitor(a);
			let underWay = 0;
			let most = 0;
			lambdas.bot.steps = [
				(response, request) => {
					most = Math.max(most, ++underWay);
					const answer = `You said ${lambdas.bot.requests.at(-1)?.rawQuery}`;
					void pause(30).then(() => {
						underWay--;
						json({ outputSpeech: { displayText: answer } })(response, request);
					});
				},
			];
			const said = Array.from({ length: 12 }, (_, i) => `question ${i}`);
			await Promise.all(said.map((text, i) => lambdas.send(i % 2 ? b : a, held, saying(sessionId, text, `m-${i}`))));
			const log = await texts(sessionId);
			const questions = log.filter((each) => each.startsWith("visitor")).map((each) => each.slice("visitor: ".length));
			expect([...questions].sort()).toEqual([...said].sort());
			expect(acknowledged(held).sort()).toEqual(said.map((_, i) => `m-${i}`).sort());
			expect(most).toBe(1);
			expect(asked()).toEqual(questions);
			const answers = questions.map((text) => `You said ${text}`);
			expect(log.filter((each) => each.startsWith("answerer"))).toEqual(answers.map((each) => `answerer: ${each}`));
			expect([...heard(held)].sort()).toEqual([...answers].sort());
			// Each process did some of it.
			expect([a, b].map(({ runs }) => runs.length).every((count) => count >= 6)).toBe(true);
		}, 120_000);

		test("one message, sent to both, is in the log once, answered once, and acknowledged to both", async () => {
			const [a, b] = [await start("ws"), await start("ws")];
			const { held, sessionId } = await lambdas.visitor(a);
			const frame = saying(sessionId, "only once", "again");
			await Promise.all([lambdas.send(a, held, frame), lambdas.send(b, held, frame)]);
			expect(await texts(sessionId)).toEqual(["visitor: only once", "answerer: You said only once"]);
			expect(asked()).toEqual(["only once"]);
			expect(acknowledged(held)).toEqual(["again", "again"]);
			expect(heard(held)).toEqual(["You said only once"]);
		}, 60_000);
	});

	describe("a process that dies in the middle of a turn", () => {
		/** A session whose first message is with a bot that says nothing, asked by a process that's dead. */
		async function died() {
			const doomed = await start("ws");
			const { held, sessionId } = await lambdas.visitor(doomed);
			lambdas.bot.steps = [silence];
			const sent = lambdas.send(doomed, held, saying(sessionId, "are you there?", "m-1"));
			const ended = expect(sent).rejects.toThrow("SIGKILL");
			await eventually(() => expect(asked()).toHaveLength(1));
			await doomed.kill();
			await ended;
			lambdas.bot.dropConnections();
			lambdas.bot.steps = [echo];
			expect(acknowledged(held)).toEqual(["m-1"]);
			return { held, sessionId };
		}

		test("is made up for by the sweep, with the same request id, and what came after waits for it", async () => {
			const { held, sessionId } = await died();
			const other = await start("ws");
			await lambdas.send(other, held, saying(sessionId, "hello?", "m-2"));
			expect(heard(held)).toEqual([]);
			await (await start("scheduled", LEFT_MS)).invoke({ task: "sweep" });
			expect(heard(held)).toEqual(["You said are you there?", "You said hello?"]);
			expect(asked()).toEqual(["are you there?", "are you there?", "hello?"]);
			const [first, second] = lambdas.bot.requests.map(({ requestId }) => requestId);
			expect(second).toBe(first);
			expect(first).toEqual(expect.any(String));
		}, 120_000);

		test("is made up for once by two sweeps at once", async () => {
			const { held, sessionId } = await died();
			const sweeps = await Promise.all([start("scheduled", LEFT_MS), start("scheduled", LEFT_MS)]);
			await Promise.all(sweeps.map((each) => each.invoke({ task: "sweep" })));
			expect(asked()).toEqual(["are you there?", "are you there?"]);
			expect(heard(held)).toEqual(["You said are you there?"]);
			expect(await texts(sessionId)).toEqual(["visitor: are you there?", "answerer: You said are you there?"]);
		}, 120_000);

		test("before it was left for long enough, the sweep doesn't take its turn", async () => {
			const { held } = await died();
			await (await start("scheduled")).invoke({ task: "sweep" });
			expect(asked()).toEqual(["are you there?"]);
			expect(heard(held)).toEqual([]);
		}, 60_000);
	});

	test("a visitor who comes back by another process hears what the first one put into the log", async () => {
		const [a, b] = [await start("ws"), await start("ws")];
		const userId = randomUUID();
		const sessionId = `stentor-widget-session-${randomUUID()}`;
		const held = await lambdas.connect(a, { userId });
		await lambdas.send(a, held, { event: "user joined", sessionId });
		// Its line is dead, and nobody has noticed yet.
		held.close();
		await lambdas.send(a, held, saying(sessionId, "lost?", "m-1"));
		expect(heard(held)).toEqual([]);
		await lambdas.disconnect(a, held);
		const again = await lambdas.connect(b, { userId });
		await lambdas.send(b, again, saying(sessionId, "hello again", "m-2"));
		expect(heard(again)).toEqual(["You said lost?", "You said hello again"]);
	}, 60_000);
});
