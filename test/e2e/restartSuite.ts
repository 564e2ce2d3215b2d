import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { startEchoBot } from "./echoBot.js";
import { BOT, logs, type OpenProduct } from "./Product.js";
import { Stage } from "./Stage.js";

/** The widget looks for its server every 5 seconds, and then for its connection every second. */
export const RECONNECTED_MS = 15_000;

/** What visitor and agent have when the server dies between them and comes back. */
export function restartSuite(browser: Browser, open: OpenProduct): void {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	test("the server is killed and comes back: both sides have every message once, in order", async () => {
		const bot = stage.keep(await startEchoBot());
		const server = await open(stage, bot);
		const visitor = await stage.visitor(server);
		const agent = await stage.agent(server, visitor);
		const startsForAgent = () =>
			logs(server, { event: "connected", as: "admin" }, () => server.start(), { withinMs: RECONNECTED_MS });
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
		await startsForAgent();
		const speaks = async () => {
			await agent.say("Three, while the visitor is away");
			await agent.say("Four, as well");
		};
		await logs(server, { event: "appended" }, speaks, { times: 2 });
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
		await startsForAgent();
		await agent.showsLast("them: Six, into the dark", RECONNECTED_MS);
		await agent.say("Seven, from Ada");
		await visitor.showsLast("them: Seven, from Ada", RECONNECTED_MS);

		await visitor.shows([
			`-- ${BOT.name} has joined the chat`,
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
	}, 120_000);
}
