import { afterEach, expect, test } from "@jest/globals";
import { onChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { HttpBot, silence } from "../support/httpBot.js";
import { says } from "./echoBot.js";
import { BOT } from "./Product.js";
import { RECONNECTED_MS, restartSuite } from "./restartSuite.js";
import { ownServer, Stage } from "./Stage.js";

await onChromium((browser) => {
	restartSuite(browser, ownServer);

	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	// On AWS the sweep asks again once the turn's lease has ended, a minute later: test/aws/racing.test.ts.
	test("the server is killed while the bot thinks: the bot is asked again, and the visitor has one answer", async () => {
		const bot = stage.keep(await HttpBot.start(says("Welcome!"), silence, says("Forty-two.")));
		const server = await ownServer(stage, bot);
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		await visitor.say("What is the answer?");
		await eventually(() => expect(bot.requests).toHaveLength(2));
		await visitor.picture("visitor-bot-thinks");
		await server.kill();
		await server.start();
		await eventually(() => expect(bot.requests).toHaveLength(3));
		const conversation = [
			`-- ${BOT.name} has joined the chat`,
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
