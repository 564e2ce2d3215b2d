import { afterEach, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { eventually } from "../support/eventually.js";
import { body, HttpBot } from "../support/httpBot.js";
import { startEchoBot } from "./echoBot.js";
import { BOT, logs, type OpenProduct } from "./Product.js";
import { Stage } from "./Stage.js";
import { WidgetPage } from "./WidgetPage.js";

const nameIn = (frame: string) => (JSON.parse(frame) as { sender: { displayName?: string } }).sender.displayName;

/** What agents do at the published widget: read along, take over, give back; and what others can't. */
export function agentSuite(browser: Browser, open: OpenProduct): void {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	/** A product whose bot is an echo, and a visitor who has said hello to it. */
	async function talk() {
		const bot = stage.keep(await startEchoBot());
		const server = await open(stage, bot);
		const visitor = await stage.visitor(server);
		const begun = ["-- Robin has joined the chat", "them: Welcome!", "me: Hello", "them: I heard: Hello"];
		await visitor.showsLast("them: Welcome!");
		await visitor.say("Hello");
		await visitor.shows(begun);
		return { bot, server, visitor, begun };
	}

	test("an agent reads along, takes over from the bot, and gives back", async () => {
		const { bot, server, visitor, begun } = await talk();
		const agent = await stage.agent(server, visitor);
		const saidTo = async () => (await agent.lines()).filter((line) => !line.startsWith("-- "));
		const before = ["them: Welcome!", "them: Hello", "them: I heard: Hello"];
		await eventually(async () => expect(await saidTo()).toEqual(before));
		await agent.picture("agent-reads-along");
		await visitor.shows(begun);

		await agent.join("Ada");
		await visitor.shows([...begun, "-- Ada has joined the chat"]);
		await agent.say("Ada here. How can I help?");
		await visitor.showsLast("them: Ada here. How can I help?");
		await visitor.say("Are you a person?");
		await eventually(async () => expect((await saidTo()).at(-1)).toBe("them: Are you a person?"));
		await agent.say("I am.");
		await visitor.showsLast("them: I am.");
		await agent.picture("agent-joined");
		await visitor.picture("visitor-with-agent");
		await agent.leave();
		await visitor.showsLast("-- Ada has left the chat");
		await visitor.say("And you?");
		const whole = [
			...begun,
			"-- Ada has joined the chat",
			"them: Ada here. How can I help?",
			"me: Are you a person?",
			"them: I am.",
			"-- Ada has left the chat",
			"me: And you?",
			"them: I heard: And you?",
		];
		await visitor.shows(whole);
		await visitor.isQuiet();
		const ours = ["me: Ada here. How can I help?", "them: Are you a person?", "me: I am."];
		const after = ["them: And you?", "them: I heard: And you?"];
		await eventually(async () => expect(await saidTo()).toEqual([...before, ...ours, ...after]));
		await visitor.picture("visitor-agent-left");

		// The launch, "Hello" and "And you?": nothing that was said to the agent.
		expect(bot.requests.map(({ type, rawQuery }) => rawQuery ?? type)).toEqual(["LAUNCH_REQUEST", "Hello", "And you?"]);
		const lines = [
			["bot", "Welcome!"],
			["visitor", "Hello"],
			["bot", "I heard: Hello"],
			["agent", "Ada here. How can I help?"],
			["visitor", "Are you a person?"],
			["agent", "I am."],
		];
		const transcript = lines.map(([from, text]) => ({ from, text, at: expect.stringMatching(/^\d{4}-.*Z$/) }));
		expect(bot.requests[1]?.attributes).not.toHaveProperty("transcript");
		expect(bot.requests[2]?.attributes).toMatchObject({ transcript });
		expect([...visitor.errors, ...agent.errors]).toEqual([]);
	});

	test("an agent who reads along and loads the page again sees everything once", async () => {
		const { server, visitor } = await talk();
		const agent = await stage.agent(server, visitor);
		const said = ["them: Welcome!", "them: Hello", "them: I heard: Hello"];
		const shown = async () => (await agent.lines()).filter((line) => !line.startsWith("-- "));
		await eventually(async () => expect(await shown()).toEqual(said));
		for (let times = 2; times <= 3; times++) {
			await logs(server, { event: "connected", as: "admin" }, () => agent.page.reload());
			await visitor.say(`Again ${times}`);
			said.push(`them: Again ${times}`, `them: I heard: Again ${times}`);
			await eventually(async () => expect(await shown()).toEqual(said));
		}
	});

	test("an agent who joins in the first second, before the widget has said who it is, joins under that name", async () => {
		const { bot, server, visitor, begun } = await talk();
		const agent = new WidgetPage(await (await stage.context()).newPage());
		const { sessionId } = await visitor.ids();
		// For each frame, the widget looks once a second whether it's connected. "user joined" has looked too early, and
		// "barge in" overtakes it.
		await logs(server, { event: "connected", as: "admin" }, () => server.watch(agent.page, sessionId));
		await agent.join("Ada");
		await visitor.shows([...begun, "-- Ada has joined the chat"]);
		await agent.say("Hello, Ada here");
		await visitor.showsLast("them: Hello, Ada here");
		await visitor.say("Hi Ada");
		await agent.showsLast("them: Hi Ada");
		await visitor.shows([...begun, "-- Ada has joined the chat", "them: Hello, Ada here", "me: Hi Ada"]);
		expect(agent.received.filter((frame) => frame.includes('"failure"'))).toEqual([]);
		expect(agent.received.filter((frame) => frame.includes("Hello, Ada here"))).toEqual([]);
		expect(visitor.received.filter((frame) => frame.includes("Ada here")).map(nameIn)).toEqual(["Ada"]);
		expect(bot.requests).toHaveLength(2);
		// What is left unanswered is asked of the bot once the agent has been away for a minute: of another test's, here.
		await agent.say("How can I help?");
		await visitor.showsLast("them: How can I help?");
	});

	test("nobody gets secrets that aren't theirs: not the bot, not the other side, not the log", async () => {
		const { bot, server, visitor } = await talk();
		const agent = await stage.agent(server, visitor);
		await agent.join("Ada");
		await agent.say("Just looking in.");
		await visitor.showsLast("them: Just looking in.");
		await agent.leave();
		await visitor.say("Thanks anyway");
		await visitor.showsLast("them: I heard: Thanks anyway");

		const [his, hers] = await Promise.all([visitor.ids(), agent.ids()]);
		expect(hers.sessionId).toBe(his.sessionId);
		expect(bot.received.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${BOT.key}`));
		expect(bot.received.filter(({ headers }) => headers.cookie)).toEqual([]);
		expect(new Set(bot.requests.map(({ userId }) => userId)).size).toBe(1);
		expect(new Set(bot.requests.map(({ requestId }) => requestId)).size).toBe(3);
		const toBot = bot.received.map(({ headers, body }) => JSON.stringify(headers) + body).join("\n");
		const heard: readonly [string, readonly string[]][] = [
			[toBot, [server.token, his.userId, hers.userId]],
			[visitor.received.join("\n"), [server.token, hers.userId, BOT.key]],
			[agent.received.join("\n"), [server.token, his.userId, BOT.key]],
			[server.log, [server.token, his.userId, hers.userId, his.sessionId, BOT.key, "Just looking in", "Thanks anyway"]],
		];
		for (const [text, secrets] of heard) {
			expect(text).not.toBe("");
			for (const secret of secrets) expect(text).not.toContain(secret);
		}
		expect(agent.page.url()).not.toContain(server.token);
	});

	test("an address makes nobody an agent, and nobody else's session is to be had", async () => {
		const { server, visitor, begun } = await talk();
		const { sessionId } = await visitor.ids();
		// The shop's page takes the role from its address too: the server must not.
		const stranger = new WidgetPage(await (await stage.context()).newPage());
		await stranger.page.goto(`${server.url}/?isAdmin=true&sessionId=${sessionId}`);
		await logs(server, { code: "agent_token_required" }, () => stranger.open());
		await stranger.shows([]);
		// And somebody else's conversation isn't to be had as its visitor either.
		const thief = new WidgetPage(await (await stage.context()).newPage());
		await thief.page.goto(`${server.url}/?sessionId=${sessionId}`);
		await logs(server, { code: "session_forbidden" }, () => thief.open());
		await thief.shows([]);
		await visitor.say("Still only us?");
		await visitor.shows([...begun, "me: Still only us?", "them: I heard: Still only us?"]);
		expect([...stranger.received, ...thief.received].filter((frame) => frame.includes("new message"))).toEqual([]);
	});

	test("a page from elsewhere can't connect, not even in the browser of an agent who is at work", async () => {
		const { server, visitor } = await talk();
		const elsewhere = stage.keep(await HttpBot.start(body("<p>Elsewhere</p>", "text/html")));
		const { page } = await stage.agent(server, visitor);
		// Another port is another origin, but the same site: the agent's cookie goes with it.
		await page.goto(elsewhere.origin);
		const connect = (query: string) =>
			page.evaluate(`new Promise((resolve) => {
				const socket = new WebSocket("${server.socketUrl}?${query}");
				socket.onopen = () => resolve("open");
				socket.onclose = () => resolve("refused");
			})`);
		const tries = async () => {
			expect(await connect("userId=a&isAdmin=true")).toBe("refused");
			expect(await connect("userId=a")).toBe("refused");
		};
		await logs(server, { code: "origin_forbidden" }, tries, { times: 2 });
		await page.goto(server.url);
		expect(await connect("userId=a")).toBe("open");
	});
}
