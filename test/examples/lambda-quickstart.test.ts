import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
	type AnsweringConnector,
	collections,
	createAgentToken,
	type Entry,
	PostOffice,
	type RouterMessage,
	silent,
	WidgetConnector,
	type WsHandler,
	type WsResult,
	wsHandler,
} from "stentor-chat-router";
import { DynamoStorage } from "stentor-chat-router/dynamodb";
import ts from "typescript";
import { blocksOf } from "../docs/markdown.js";
import { connectEvent, disconnectEvent, lambdaContext, messageEvent } from "../support/apiGatewayEvents.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { HttpBot, json } from "../support/httpBot.js";
import { CREDENTIALS, type HeldConnection, type ManagementApi, managementApi } from "../support/managementApi.js";

const EXAMPLE = "examples/lambda-quickstart";
const JWT_SECRET = "a secret of the quick start's test, long enough";
const TOPIC = "your-topic";

type Frame = RouterMessage<{ rawQuery?: string; outputSpeech?: { displayText?: string } }>;

/** A bot's connector in a Lambda that's frozen in the middle of a turn. */
const hanging: AnsweringConnector = {
	name: "bot",
	answers: true,
	answerWithinMs: 600_000,
	profile: () => ({ name: "Bot" }),
	answer: () => new Promise(() => {}),
};

describe("the quick start", () => {
	const statements = (code: string) => ts.transpile(code, { target: ts.ScriptTarget.ESNext }).split(/\n(?=\S)/);

	test("holds the README's, as it stands", () => {
		const [block] = blocksOf("README.md", readFileSync("README.md", "utf8")).filter(({ text }) =>
			text.includes("new PostOffice("),
		);
		const example = statements(readFileSync(`${EXAMPLE}/handler.ts`, "utf8")).map((each) => each.trim());
		const [imports = "", ...rest] = statements(block?.text ?? "").map((each) => each.trim());
		expect(example).toEqual(expect.arrayContaining(rest.filter((each) => each !== "")));
		for (const [name] of imports.matchAll(/\w+(?=[,\s}]+.*from)/g)) expect(example[0]).toContain(name);
	});
});

describe("its README", () => {
	const text = readFileSync(`${EXAMPLE}/README.md`, "utf8");

	test("names all tables, and files that are there", () => {
		for (const { name } of collections) expect(text).toContain(`\`${TOPIC}-${name}\``);
		const files = [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = ""]) => file);
		expect(files.length).toBeGreaterThan(2);
		for (const file of files)
			expect([file, existsSync(file) || existsSync(`${EXAMPLE}/${file}`)]).toEqual([file, true]);
	});

	test("has commands and entry points that exist, and JSON that parses", async () => {
		const { scripts } = JSON.parse(readFileSync(`${EXAMPLE}/package.json`, "utf8"));
		for (const [, script = ""] of text.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(script);
		const quickstart = await import("../../examples/lambda-quickstart/handler.js");
		for (const [, name = ""] of text.matchAll(/`handler\.(?!ts)(\w+)`/g)) expect(quickstart).toHaveProperty(name);
		for (const { language, text: code } of blocksOf("README.md", text.replace(/^ {3}/gm, "")))
			if (language === "json") JSON.parse(code);
	});
});

await onDynamodbLocal(({ endpoint }) => {
	let api: ManagementApi;
	let bot: HttpBot;
	let handler: (event: Parameters<WsHandler>[0]) => Promise<WsResult>;
	let sweep: () => Promise<void>;
	const untouched = { ...process.env };

	beforeAll(async () => {
		api = await managementApi();
		Object.assign(process.env, CREDENTIALS, {
			AWS_LAMBDA_FUNCTION_NAME: "chat",
			AWS_ENDPOINT_URL_DYNAMODB: endpoint,
			CONNECTION_SERVER_URL: api.url,
			JWT_SECRET,
			LOG_LEVEL: "silent",
		});
		await import("../../examples/lambda-quickstart/create-tables.js");
	}, 30_000);

	beforeEach(async () => {
		bot = await HttpBot.start((response, request) => {
			const { rawQuery } = JSON.parse(bot.received.at(-1)?.body ?? "") as { rawQuery?: string };
			json({ outputSpeech: { displayText: `You said ${rawQuery}` } })(response, request);
		});
		process.env.BOT_URL = bot.origin;
		const quickstart = await import("../../examples/lambda-quickstart/handler.js");
		sweep = quickstart.sweep;
		handler = (event) => quickstart.handler(event, lambdaContext(), () => {});
	});

	afterEach(() => bot.close());

	afterAll(async () => {
		await api.close();
		process.env = untouched;
	});

	/** The published widget, seen from API Gateway. */
	class Browser {
		held: HeldConnection = api.connect();
		private readonly earlier: string[] = [];

		constructor(
			readonly sessionId: string,
			readonly query: Record<string, string> = { userId: randomUUID() },
			private readonly lambda = handler,
		) {}

		async connect(): Promise<this> {
			expect(await this.lambda(connectEvent(this.held.id, this.query))).toEqual({ statusCode: 200 });
			return this;
		}

		/** Its connection ends, and it makes another. */
		async reconnect(): Promise<void> {
			this.held.close();
			this.earlier.push(...this.held.received);
			this.held = api.connect();
			await this.connect();
		}

		async send(event: string, data?: object, messageId?: string): Promise<void> {
			const { sessionId } = this;
			const body = JSON.stringify({ event, sessionId, data, messageId, timeMs: Date.now() });
			expect(await this.lambda(messageEvent(this.held.id, body))).toEqual({ statusCode: 200 });
		}

		say(rawQuery: string, messageId?: string): Promise<void> {
			return this.send("new message", { type: "INTENT_REQUEST", rawQuery }, messageId);
		}

		get frames(): Frame[] {
			return [...this.earlier, ...this.held.received].map((text) => JSON.parse(text));
		}

		/** What the person at it has read, in the order in which it came. */
		get read(): (string | undefined)[] {
			return this.frames
				.filter(({ event }) => event === "new message")
				.map(({ data }) => data?.outputSpeech?.displayText ?? data?.rawQuery);
		}
	}

	const newSession = () => `stentor-widget-session-${randomUUID()}`;

	async function visitor(sessionId = newSession()): Promise<Browser> {
		const browser = await new Browser(sessionId).connect();
		await browser.send("user joined");
		return browser;
	}

	async function agent(sessionId: string): Promise<Browser> {
		const token = await createAgentToken({ secret: JWT_SECRET, subject: "ada" });
		const browser = await new Browser(sessionId, { userId: randomUUID(), isAdmin: "true", token }).connect();
		await browser.send("user joined");
		await browser.send("barge in");
		return browser;
	}

	async function history(sessionId: string): Promise<Entry[]> {
		const pages: Entry[] = [];
		for await (const page of new PostOffice({ topic: TOPIC }).history("default", sessionId)) pages.push(...page);
		return pages;
	}

	describe("on DynamoDB Local and a stand-in of the management API", () => {
		test("a visitor is answered by the bot", async () => {
			const browser = await visitor();
			expect(browser.frames.at(-1)).toMatchObject({ event: "connection update", data: { sessionCreated: true } });
			await browser.say("Hello");
			expect(browser.read).toEqual(["You said Hello"]);
			expect(bot.received).toHaveLength(1);
		});

		test("an entry point for each route does the same", async () => {
			const { connect, message, disconnect } = await import("../../examples/lambda-quickstart/handler.js");
			const { id } = api.connect();
			const called: WsResult[] = [];
			const callback = (_: null, result: WsResult) => called.push(result);
			await connect(connectEvent(id), lambdaContext(), callback);
			await message(messageEvent(id, "{}"), lambdaContext(), callback);
			await disconnect(disconnectEvent(id), lambdaContext(), callback);
			expect(called).toEqual([{ statusCode: 200 }, { statusCode: 200 }, { statusCode: 200 }]);
		});

		test("so do the entry points without a callback", async () => {
			const { handler: of24 } = await import("../../examples/lambda-quickstart/handler-node24.js");
			expect(of24.length).toBeLessThan(3);
			const browser = await new Browser(newSession(), { userId: randomUUID() }, (event) => of24(event)).connect();
			await browser.send("user joined");
			await browser.say("Hello");
			expect(browser.read).toEqual(["You said Hello"]);
		});

		test("a post office for each event opens no connections for each event", async () => {
			const browser = await visitor();
			const before = await api.sockets();
			for (let i = 0; i < 10; i++) await browser.say(`message ${i}`);
			expect(await api.sockets()).toBeLessThanOrEqual(before);
			expect(bot.connections).toBe(1);
		});

		test("a connection that ended unseen costs nothing: what was said meanwhile comes after the reconnect", async () => {
			const browser = await visitor();
			const helper = await agent(browser.sessionId);
			await helper.say("one");
			// No $disconnect comes: the next post finds out, by 410.
			browser.held.close();
			await helper.say("two");
			expect(api.requests.at(-1)?.status).toBe(410);
			await helper.say("three");

			await browser.reconnect();
			expect(browser.read).toEqual(["one"]);
			await helper.say("four");
			expect(browser.read).toEqual(["one", "two", "three", "four"]);
		});

		test("an answer to a client that went away meanwhile comes after its reconnect", async () => {
			const browser = await visitor();
			const answer = bot.steps[0];
			bot.steps = [
				(...step) => {
					browser.held.close();
					answer?.(...step);
				},
			];
			await browser.say("Hello");
			expect(browser.read).toEqual([]);
			bot.steps = answer ? [answer] : [];
			await browser.reconnect();
			await browser.say("Are you there?");
			expect(browser.read).toEqual(["You said Hello", "You said Are you there?"]);
		});

		test("a client that API Gateway cut off at its limit comes back to its place", async () => {
			const browser = await visitor();
			const helper = await agent(browser.sessionId);
			const { id } = browser.held;
			browser.held.close();
			await handler(disconnectEvent(id, { connectedAt: 0, requestTimeEpoch: 7_200_000 }));
			await helper.say("one");
			await browser.reconnect();
			await helper.say("two");
			expect(browser.read).toEqual(["one", "two"]);
			const session = await new PostOffice({ topic: TOPIC }).session("default", browser.sessionId);
			const endpoints = session?.participants.find(({ role }) => role === "visitor")?.endpoints;
			expect(endpoints).toMatchObject([{ connection: browser.held.id }]);
		});

		test("a turn whose Lambda died is run again by the sweep", async () => {
			const browser = await visitor();
			const session = () => new PostOffice({ topic: TOPIC }).session("default", browser.sessionId);
			// Another Lambda, whose clock is far behind, takes the turn and never ends it.
			const dying = new PostOffice({
				topic: TOPIC,
				monitor: silent,
				clock: () => Date.now() - 3_600_000,
				connectors: [new WidgetConnector(), hanging],
			});
			const body = JSON.stringify({
				event: "new message",
				sessionId: browser.sessionId,
				data: { type: "INTENT_REQUEST", rawQuery: "Hello" },
			});
			await dying.receive(browser.held.id, body);
			expect(browser.read).toEqual([]);
			await sweep();
			expect(browser.read).toEqual(["You said Hello"]);
			expect((await session())?.seq).toBe(2);
		});

		test("two Lambdas at once put all in one order, lose nothing, and have each message answered once", async () => {
			const sessionId = newSession();
			const other = new PostOffice({
				topic: TOPIC,
				monitor: silent,
				storage: new DynamoStorage({ prefix: `${TOPIC}-` }),
			});
			const query = { userId: randomUUID() };
			const first = await new Browser(sessionId, query).connect();
			await first.send("user joined");
			await first.send("resume", { since: 0 });
			const second = await new Browser(sessionId, query, (event) =>
				wsHandler(event, lambdaContext(), undefined, other),
			).connect();
			await second.send("user joined");
			await second.send("resume", { since: 0 });

			const texts = Array.from({ length: 50 }, (_, i) => `message ${i}`);
			await Promise.all(texts.map((text, i) => [first, second][i % 2]?.say(text, `id-${i}`)));

			const entries = await history(sessionId);
			expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
			const by = (role: string) =>
				entries.flatMap(({ from, content }) => (from.role === role && "text" in content ? [content.text] : []));
			expect([...by("visitor")].sort()).toEqual([...texts].sort());
			expect(bot.received).toHaveLength(50);
			expect(by("answerer")).toEqual(by("visitor").map((text) => `You said ${text}`));
			for (const browser of [first, second]) {
				const acks = browser.frames.filter(({ event }) => event === "ack");
				expect(acks).toHaveLength(25);
				const bySeq = browser.frames
					.filter(({ event }) => event === "new message")
					.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
				expect(bySeq.map(({ seq }) => seq)).toEqual([...new Set(bySeq.map(({ seq }) => seq))]);
				expect(bySeq).toHaveLength(75);
			}
		}, 60_000);
	});
});
