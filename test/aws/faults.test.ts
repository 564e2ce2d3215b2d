import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { eventually } from "../support/eventually.js";
import { type Fault, FaultyProxy, type Seen } from "../support/faultyProxy.js";
import { die, json, type Step } from "../support/httpBot.js";
import type { LambdaProcess } from "../support/lambdas/LambdaProcess.js";
import { type FunctionName, Lambdas } from "../support/lambdas/Lambdas.js";
import { acknowledged, framesOf, heard, refusals, saying } from "../support/lambdas/saying.js";
import type { HeldConnection } from "../support/managementApi.js";

const SLOW_MS = 120_000;

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	let proxy: FaultyProxy;
	let through: string;
	let ws: LambdaProcess;
	let held: HeldConnection;
	let sessionId: string;
	const processes: LambdaProcess[] = [];

	beforeAll(async () => {
		lambdas = await Lambdas.open({ endpoint });
		proxy = new FaultyProxy(endpoint);
		through = await proxy.start();
		ws = await lambdas.start("ws", through);
	}, 300_000);
	beforeEach(async () => {
		lambdas.bot.steps = [echo];
		({ held, sessionId } = await lambdas.visitor(ws));
		lambdas.bot.received.length = 0;
	});
	afterEach(async () => {
		proxy.rule = undefined;
		lambdas.api.always(undefined);
		await Promise.all(processes.splice(0).map((each) => each.kill()));
	});
	afterAll(async () => {
		await lambdas?.close();
		proxy?.stop();
	});

	/** Repeats what it was asked. */
	const echo: Step = (...asked) =>
		json({ outputSpeech: { displayText: `You said ${lambdas.bot.requests.at(-1)?.rawQuery}` } })(...asked);
	const asked = () => lambdas.bot.requests.map(({ rawQuery }) => rawQuery);
	const say = (text: string, messageId: string) => lambdas.send(ws, held, saying(sessionId, text, messageId));

	async function start(name: FunctionName): Promise<LambdaProcess> {
		const started = await lambdas.start(name, through);
		processes.push(started);
		return started;
	}

	async function said(): Promise<string[]> {
		return (await lambdas.log(sessionId)).flatMap(({ from, content }) =>
			content.type === "message" ? [`${from.role}: ${content.text}`] : [],
		);
	}

	/** What a client that numbers what it has is given when it asks for all, and whether that's said to be whole. */
	async function resumed(): Promise<{ readonly texts: string[]; readonly recovered: unknown }> {
		const from = held.received.length;
		await lambdas.send(ws, held, { event: "resume", sessionId, data: { since: 0 } });
		const rest = { ...held, received: held.received.slice(from) };
		const recovered = framesOf(rest).findLast(({ event }) => event === "resumed")?.data?.recovered;
		return { texts: heard(rest), recovered };
	}

	/** Spoils the first requests that write an entry of this role, and says how many it spoilt. */
	function spoil(
		fault: Fault,
		{ role, times = 1 }: { readonly role: "visitor" | "answerer"; readonly times?: number },
	) {
		const spoilt = { count: 0 };
		proxy.rule = (seen) => {
			if (spoilt.count >= times || !writesEntryOf(seen, role)) return undefined;
			spoilt.count++;
			return fault;
		};
		return spoilt;
	}

	describe("DynamoDB", () => {
		const THROTTLED = { refuse: { __type: "ThrottlingException", message: "Throughput exceeds the limit." } };
		const LOST_RACE = {
			refuse: {
				__type: "TransactionCanceledException",
				message: "Transaction cancelled",
				CancellationReasons: [{ Code: "ConditionalCheckFailed" }, { Code: "None" }, { Code: "None" }, { Code: "None" }],
			},
		};
		const CONFLICT = {
			refuse: {
				__type: "TransactionCanceledException",
				message: "Transaction cancelled",
				CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }, { Code: "None" }, { Code: "None" }],
			},
		};

		describe.each(["visitor", "answerer"] as const)("when a message of the %s is written", (role) => {
			test.each<[string, Fault]>([
				["throttles", THROTTLED],
				["commits and says nothing for as long as we wait", { lose: "hang" }],
				["commits and breaks the connection", { lose: "cut" }],
				["commits and answers 500", { lose: 500 }],
				["finds another head than was read", LOST_RACE],
				["is busy with another transaction", CONFLICT],
			])(
				"%s: said once, answered once, heard once",
				async (_, fault) => {
					const spoilt = spoil(fault, { role });
					await say("hello", "m-1");
					expect(spoilt.count).toBe(1);
					expect(await said()).toEqual(["visitor: hello", "answerer: You said hello"]);
					expect(asked()).toEqual(["hello"]);
					expect(acknowledged(held)).toEqual(["m-1"]);
					expect(heard(held)).toEqual(["You said hello"]);
					expect(refusals(held)).toEqual([]);
				},
				SLOW_MS,
			);
		});

		test(
			"throttles for long: the client is told to try again, nothing was said, and then it's said once",
			async () => {
				spoil(THROTTLED, { role: "visitor", times: Number.POSITIVE_INFINITY });
				await say("hello", "m-1");
				expect(refusals(held)).toEqual([{ code: "storage_unavailable", retryable: true, messageId: "m-1" }]);
				expect(acknowledged(held)).toEqual([]);
				expect(await said()).toEqual([]);
				proxy.rule = undefined;
				await say("hello", "m-1");
				expect(acknowledged(held)).toEqual(["m-1"]);
				expect(await said()).toEqual(["visitor: hello", "answerer: You said hello"]);
				expect(heard(held)).toEqual(["You said hello"]);
			},
			SLOW_MS,
		);

		test(
			"is away when a process starts: the client is told to try again, and then it's served by that process",
			async () => {
				const begun = await start("ws");
				proxy.rule = () => THROTTLED;
				const sent = lambdas.send(begun, held, saying(sessionId, "hello", "m-1"));
				await expect(sent).rejects.toThrow("Throughput exceeds the limit.");
				expect(refusals(held)).toEqual([{ code: "storage_unavailable", retryable: true, messageId: "m-1" }]);
				proxy.rule = undefined;
				await lambdas.send(begun, held, saying(sessionId, "hello", "m-1"));
				expect(acknowledged(held)).toEqual(["m-1"]);
				expect(heard(held)).toEqual(["You said hello"]);
			},
			SLOW_MS,
		);

		test(
			"takes no answer of the bot until the process is gone: the sweep has it said, once, by the same request",
			async () => {
				const doomed = await start("ws");
				const spoilt = spoil(THROTTLED, { role: "answerer", times: Number.POSITIVE_INFINITY });
				const sent = lambdas.send(doomed, held, saying(sessionId, "hello", "m-1"));
				const ended = expect(sent).rejects.toThrow("SIGKILL");
				await eventually(() => expect(spoilt.count).toBeGreaterThan(2));
				await doomed.kill();
				await ended;
				expect(acknowledged(held)).toEqual(["m-1"]);
				expect(heard(held)).toEqual([]);
				proxy.rule = undefined;
				const scheduled = await start("scheduled");
				scheduled.aheadMs = 10 * 60_000;
				await scheduled.invoke({ task: "sweep" });
				expect(heard(held)).toEqual(["You said hello"]);
				expect(await said()).toEqual(["visitor: hello", "answerer: You said hello"]);
				expect(new Set(lambdas.bot.requests.map(({ requestId }) => requestId)).size).toBe(1);
			},
			SLOW_MS,
		);

		test(
			"doesn't let the worker write: the batch comes again, and everything is counted once",
			async () => {
				await lambdas.skip();
				await say("hello", "m-1");
				await say("are you there?", "m-2");
				const [worker, api, scheduled] = [await start("worker"), await start("api"), await start("scheduled")];
				// However often it tries in its first run; then one that was done all the same.
				const later: Fault[] = [{ lose: "cut" }];
				proxy.rule = ({ operation, body }) => {
					if (operation !== "PutItem" || !String(body.TableName).endsWith("conversationActivity")) return undefined;
					return worker.runs.length === 0 ? THROTTLED : later.shift();
				};
				await lambdas.follow(worker);
				expect(later).toEqual([]);
				expect(worker.runs.length).toBeGreaterThan(1);
				const admin = await lambdas.admin(api, scheduled);
				const conversation = await lambdas.rest(api, "GET", `/conversations/${sessionId}`, undefined, admin);
				expect(conversation).toMatchObject({ id: sessionId, messageCount: 4 });
			},
			SLOW_MS,
		);
	});

	describe("the management API", () => {
		const ANSWERS = [
			{ status: 403, name: "ForbiddenException", message: "Forbidden" },
			{ status: 410, name: "GoneException" },
			{ status: 413, name: "PayloadTooLargeException" },
			{ status: 429, name: "LimitExceededException" },
			{ status: 500, name: "InternalServerErrorException" },
		];

		test.each(ANSWERS)(
			"answers $status to everything: what was said is kept and answered once, and is there for who asks again",
			async (answer) => {
				lambdas.api.always(answer);
				await say("hello", "m-1");
				expect(await said()).toEqual(["visitor: hello", "answerer: You said hello"]);
				expect(asked()).toEqual(["hello"]);
				expect(framesOf(held).filter(({ event }) => event === "ack" || event === "new message")).toEqual([]);
				lambdas.api.always(undefined);
				await say("hello", "m-1");
				expect(acknowledged(held)).toEqual(["m-1"]);
				const { texts, recovered } = await resumed();
				expect(recovered).toBe(true);
				expect(texts).toEqual(["You said hello"]);
				await say("good", "m-2");
				expect(heard(held).slice(-1)).toEqual(["You said good"]);
				expect(asked()).toEqual(["hello", "good"]);
			},
			SLOW_MS,
		);

		test.each([429, 500, 503])(
			"answers %i once to each frame: everything gets there once",
			async (status) => {
				const post = lambdas.api.next;
				// Each frame is refused, and comes again beside others: more refusals than frames would be too many in a row.
				post({ status }, { status }, { status });
				await say("hello", "m-1");
				expect(acknowledged(held)).toEqual(["m-1"]);
				expect(heard(held)).toEqual(["You said hello"]);
			},
			SLOW_MS,
		);
	});

	describe("the bot", () => {
		test.each<[string, Step]>([
			["is away", die],
			["answers 503", json({}, 503)],
			["answers what's no response", json(["?"])],
		])(
			"%s: the visitor is told, the next message is answered, and nothing twice",
			async (_, step) => {
				lambdas.bot.steps = [step];
				await say("hello", "m-1");
				expect(acknowledged(held)).toEqual(["m-1"]);
				expect(heard(held)).toEqual([]);
				const told = framesOf(held).filter(({ event }) => event === "failure");
				expect(told.at(-1)?.data).toMatchObject({ type: "BOT", tries: 3 });
				expect(new Set(lambdas.bot.requests.map(({ requestId }) => requestId)).size).toBe(1);
				lambdas.bot.received.length = 0;
				lambdas.bot.steps = [echo];
				await say("and now?", "m-2");
				expect(heard(held)).toEqual(["You said and now?"]);
				expect(asked()).toEqual(["and now?"]);
			},
			SLOW_MS,
		);
	});
});

/** Whether the request writes an entry of somebody of this role. */
function writesEntryOf({ operation, body }: Seen, role: string): boolean {
	if (operation !== "TransactWriteItems") return false;
	const items = body.TransactItems as {
		Put?: { TableName: string; Item: { from?: { M: { role: { S: string } } } } };
	}[];
	return items.some(({ Put }) => Put?.TableName.endsWith("entries") && Put.Item.from?.M.role.S === role);
}
