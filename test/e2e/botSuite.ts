import { afterEach, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { body, die, dieMidway, HttpBot, json, type Step, silence } from "../support/httpBot.js";
import { startStentorBot } from "../support/stentorBot.js";
import { says } from "./echoBot.js";
import { BOT, type OpenProduct } from "./Product.js";
import { Stage } from "./Stage.js";

const TROUBLE = /^them: We are having trouble communicating with the assistant right now\. Re-trying in/;
const SORRY = /^them: Sorry, we cannot communicate with the assistant right now\./;

/** What a visitor has of a bot of one's own: a real one, and one that is in trouble. */
export function botSuite(browser: Browser, open: OpenProduct): void {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	test("a real Stentor bot greets, answers, doesn't know, and hands off", async () => {
		const bot = stage.keep(await startStentorBot());
		const server = await open(stage, { origin: new URL(bot.url).origin });
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome to the real Stentor bot.");
		await visitor.offers(["Opening hours", "A person, please"]);
		await visitor.chooseChip("Opening hours");
		await visitor.showsLast("them: We open at eight.");
		await visitor.say("Grüße, 你好 👋");
		await visitor.showsLast("them: I don't know that.");
		await visitor.say("A person, please");
		await visitor.showsLast("them: I'll get somebody.");

		const agent = await stage.agent(server, visitor);
		await agent.join("Ada");
		await agent.say("You called?");
		await visitor.shows([
			`-- ${BOT.name} has joined the chat`,
			"them: Welcome to the real Stentor bot.",
			"me: Opening hours",
			"them: We open at eight.",
			"me: Grüße, 你好 👋",
			"them: I don't know that.",
			"me: A person, please",
			"them: I'll get somebody.",
			"-- Ada has joined the chat",
			"them: You called?",
		]);
	});

	const rubbish: readonly [string, Step[]][] = [
		["answers what is no answer", [body("<p>Error: oops", "text/html"), json([]), json({ outputSpeech: 42 })]],
		["dies in the middle", [die, dieMidway, die]],
		["is broken", [json({}, 500), json({}, 503), json({}, 502)]],
	];
	test.each(rubbish)("the bot %s: the visitor is told, and the next message is answered", async (_, steps) => {
		// The first request that fails has a connection of its own: one that's kept may be asked twice (BotClient).
		const welcome = json({ outputSpeech: { displayText: "Welcome!" } }, 200, { connection: "close" });
		const bot = stage.keep(await HttpBot.start(welcome, ...steps, says("I'm well again.")));
		const server = await open(stage, bot);
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		await visitor.say("Are you well?");
		await visitor.showsLast(TROUBLE);
		await visitor.showsLast(SORRY);
		await visitor.isQuiet();
		await visitor.picture("visitor-bot-fails");
		const [, ...tries] = bot.requests;
		expect(tries).toHaveLength(3);
		expect(new Set(tries.map(({ requestId }) => requestId)).size).toBe(1);

		await visitor.say("And now?");
		await visitor.showsLast("them: I'm well again.");
		await visitor.isQuiet();
		expect((await visitor.lines()).slice(-3)).toEqual([
			expect.stringMatching(SORRY),
			"me: And now?",
			"them: I'm well again.",
		]);
	});

	test("the bot doesn't answer in time: the visitor is told, and has the answer of the second try", async () => {
		const bot = stage.keep(await HttpBot.start(says("Welcome!"), silence, says("Sorry, I was asleep.")));
		const server = await open(stage, bot);
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		await visitor.say("Are you there?");
		await visitor.showsLast(TROUBLE, 30_000);
		await visitor.showsLast("them: Sorry, I was asleep.");
		await visitor.isQuiet();
		expect(bot.requests[2]).toEqual(bot.requests[1]);
	}, 60_000);
}
