import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { onChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { HttpBot, silence } from "../support/httpBot.js";
import { says, startEchoBot } from "./echoBot.js";
import { Stage } from "./Stage.js";

/** The widget looks for its server every 5 seconds, and then for its connection every second. */
const RECONNECTED_MS = 15_000;

await onChromium((browser) => {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	test("the server is killed and comes back: both sides have every message once, in order", async () => {
		const bot = stage.keep(await startEchoBot());
		const server = await stage.server({ BOT_URL: bot.origin });
		const visitor = await stage.visitor(server);
		const agent = await stage.agent(server);
		const agentHasConnected = (times: number) =>
			eventually(() => expect(server.logged({ event: "connected", as: "admin" })).toBe(times), RECONNECTED_MS);
		await visitor.showsLast("them: Welcome!");
		await agent.join("Ada");
		await agent.say("One, from Ada");
		await visitor.showsLast("them: One, from Ada");
		await visitor.say("Two, from the visitor");
		// What the widget had got in the last moment before a kill may come twice (docs/guarantees.md).
		await agent.showsLast("them: Two, from the visitor");
		await pause(250);

		await server.kill();
		await visitor.page.context().setOffline(true);
		await server.start();
		await agentHasConnected(2);
		const appended = server.logged({ event: "appended" });
		await agent.say("Three, while the visitor is away");
		await agent.say("Four, as well");
		await eventually(() => expect(server.logged({ event: "appended" })).toBe(appended + 2));
		await visitor.picture("visitor-away");
		await visitor.showsLast("me: Two, from the visitor");
		await visitor.page.context().setOffline(false);
		await visitor.showsLast("them: Four, as well", RECONNECTED_MS);
		await visitor.say("Five, from the visitor");
		await agent.showsLast("them: Five, from the visitor");
		await pause(250);

		// Written while there's nothing to send it to.
		await server.kill();
		await visitor.say("Six, into the dark");
		await server.start();
		await agent.showsLast("them: Six, into the dark", RECONNECTED_MS);
		await agentHasConnected(3);
		await agent.say("Seven, from Ada");
		await visitor.showsLast("them: Seven, from Ada", RECONNECTED_MS);

		await visitor.shows([
			"-- Bot has joined the chat",
			"them: Welcome!",
			"-- Ada has joined the chat",
			"them: One, from Ada",
			"me: Two, from the visitor",
			"them: Three, while the visitor is away",
			"them: Four, as well",
			"me: Five, from the visitor",
			"me: Six, into the dark",
			"them: Seven, from Ada",
		]);
		expect((await agent.lines()).filter((line) => !line.startsWith("-- "))).toEqual([
			"them: Welcome!",
			"me: One, from Ada",
			"them: Two, from the visitor",
			"me: Three, while the visitor is away",
			"me: Four, as well",
			"them: Five, from the visitor",
			"them: Six, into the dark",
			"me: Seven, from Ada",
		]);
		await visitor.picture("visitor-after-kills");
		await agent.picture("agent-after-kills");
		// Ada took part all the time: the bot was never asked.
		expect(bot.requests.map(({ type }) => type)).toEqual(["LAUNCH_REQUEST"]);
		expect([...visitor.errors, ...agent.errors]).toEqual([]);
	}, 60_000);

	test("the server is killed while the bot thinks: the bot is asked again, and the visitor has one answer", async () => {
		const bot = stage.keep(await HttpBot.start(says("Welcome!"), silence, says("Forty-two.")));
		const server = await stage.server({ BOT_URL: bot.origin });
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		await visitor.say("What is the answer?");
		await eventually(() => expect(bot.requests).toHaveLength(2));
		await visitor.picture("visitor-bot-thinks");
		await server.kill();
		await server.start();
		await eventually(() => expect(bot.requests).toHaveLength(3));
		const conversation = [
			"-- Bot has joined the chat",
			"them: Welcome!",
			"me: What is the answer?",
			"them: Forty-two.",
		];
		await visitor.shows(conversation, RECONNECTED_MS);
		await visitor.isQuiet();
		expect(bot.requests[2]).toEqual(bot.requests[1]);
		expect(bot.requests[1]?.requestId).not.toBe(bot.requests[0]?.requestId);

		await visitor.say("Of what?");
		await visitor.shows([...conversation, "me: Of what?", "them: Forty-two."]);
		expect(bot.requests).toHaveLength(4);
	}, 40_000);
});
