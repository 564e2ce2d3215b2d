import { afterEach, expect, test } from "@jest/globals";
import { onChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { HttpBot, type Step } from "../support/httpBot.js";
import type { ChatServer } from "./ChatServer.js";
import { says, startEchoBot } from "./echoBot.js";
import { Stage } from "./Stage.js";
import { WidgetPage } from "./WidgetPage.js";

await onChromium((browser) => {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	const visitorHasLeft = (server: ChatServer, times: number) =>
		eventually(() => expect(server.logged({ event: "disconnected", as: "widget" })).toBe(times));

	/** A hidden widget closes its connection. Headless pages are never hidden, so this one only says so. */
	const hide = (visitor: WidgetPage, isHidden: boolean) =>
		visitor.page.evaluate(`
			Object.defineProperty(document, "hidden", { configurable: true, value: ${isHidden} });
			document.dispatchEvent(new Event("visibilitychange"));
		`);

	/** A visitor, and an agent who has joined. */
	async function talk() {
		const bot = stage.keep(await startEchoBot());
		const server = await stage.server({ BOT_URL: bot.origin });
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		const agent = await stage.agent(server);
		await agent.join("Ada");
		await agent.say("One");
		const begun = ["-- Bot has joined the chat", "them: Welcome!", "-- Ada has joined the chat", "them: One"];
		await visitor.shows(begun);
		const hasLeft = (times: number) => visitorHasLeft(server, times);
		/** Says it, and waits until the server has it. */
		const agentSays = async (text: string) => {
			await agent.say(text);
			const listed = `${server.url}/agent-demo/sessions`;
			await eventually(async () => expect(await (await agent.page.request.get(listed)).text()).toContain(text));
		};
		return { server, visitor, agent, begun, hasLeft, agentSays };
	}

	test("what's said while a visitor has closed the page is there, once, when they open it again", async () => {
		const { server, visitor, agent, begun, hasLeft, agentSays } = await talk();
		const context = visitor.page.context();
		await visitor.page.close();
		await hasLeft(1);
		await agentSays("Two, to a closed page");
		await agentSays("Three, as well");

		const again = new WidgetPage(await context.newPage());
		await again.page.goto(server.url);
		const missed = ["them: Two, to a closed page", "them: Three, as well"];
		await again.shows([...begun, ...missed]);
		await again.say("Four, I'm back");
		await agent.showsLast("them: Four, I'm back");
		await agent.say("Five, good");
		await again.shows([...begun, ...missed, "me: Four, I'm back", "them: Five, good"]);
		await again.picture("visitor-page-opened-again");
	});

	test("what's said while a visitor looks at another tab is there, once, when they come back", async () => {
		const { visitor, begun, hasLeft, agentSays } = await talk();
		await hide(visitor, true);
		await hasLeft(1);
		await agentSays("Two, to a hidden tab");
		await agentSays("Three, as well");
		await hide(visitor, false);
		const missed = ["them: Two, to a hidden tab", "them: Three, as well"];
		await visitor.shows([...begun, ...missed]);
		await hide(visitor, true);
		await hasLeft(2);
		await hide(visitor, false);
		await agentSays("Four, at once");
		await visitor.shows([...begun, ...missed, "them: Four, at once"]);
	});

	test("the bot answers while a visitor looks at another tab: they have the answer, and nobody seems to write", async () => {
		let answerNow = () => {};
		const thinks: Step = (response, request) => {
			answerNow = () => says("Forty-two.")(response, request);
		};
		const bot = stage.keep(await HttpBot.start(says("Welcome!"), thinks));
		const server = await stage.server({ BOT_URL: bot.origin });
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		await visitor.say("What is the answer?");
		await visitor.page.locator(".typing-indicator").waitFor();
		await hide(visitor, true);
		await visitorHasLeft(server, 1);
		const answered = server.logged({ event: "answered" });
		answerNow();
		await eventually(() => expect(server.logged({ event: "answered" })).toBe(answered + 1));
		await hide(visitor, false);
		await visitor.showsLast("them: Forty-two.");
		await visitor.isQuiet();
	});
});
