import { afterEach, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { HttpBot, type Step } from "../support/httpBot.js";
import { says, startEchoBot } from "./echoBot.js";
import { BOT, logs, type OpenProduct, type Product } from "./Product.js";
import { Stage } from "./Stage.js";
import { WidgetPage } from "./WidgetPage.js";

/** What visitors find who were away: at another tab, or gone altogether. */
export function awaySuite(browser: Browser, open: OpenProduct): void {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	const leaves = (server: Product, act: () => Promise<unknown>) =>
		logs(server, { event: "disconnected", as: "widget" }, act);

	/** A hidden widget closes its connection. Headless pages are never hidden, so this one only says so. */
	const hide = (visitor: WidgetPage, isHidden: boolean) =>
		visitor.page.evaluate(`
			Object.defineProperty(document, "hidden", { configurable: true, value: ${isHidden} });
			document.dispatchEvent(new Event("visibilitychange"));
		`);

	/** A visitor, and an agent who has joined. */
	async function talk() {
		const bot = stage.keep(await startEchoBot());
		const server = await open(stage, bot);
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		const agent = await stage.agent(server, visitor);
		await agent.join("Ada");
		await agent.say("One");
		const begun = [`-- ${BOT.name} has joined the chat`, "them: Welcome!", "-- Ada has joined the chat", "them: One"];
		await visitor.shows(begun);
		/** Says it, and waits until the server has it. */
		const agentSays = (text: string) => logs(server, { event: "appended" }, () => agent.say(text));
		return { server, visitor, agent, begun, agentSays };
	}

	test("what's said while a visitor has closed the page is there, once, when they open it again", async () => {
		const { server, visitor, agent, begun, agentSays } = await talk();
		const context = visitor.page.context();
		await leaves(server, () => visitor.page.close());
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
		const { server, visitor, begun, agentSays } = await talk();
		await leaves(server, () => hide(visitor, true));
		await agentSays("Two, to a hidden tab");
		await agentSays("Three, as well");
		await hide(visitor, false);
		const missed = ["them: Two, to a hidden tab", "them: Three, as well"];
		await visitor.shows([...begun, ...missed]);
		await leaves(server, () => hide(visitor, true));
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
		const server = await open(stage, bot);
		const visitor = await stage.visitor(server);
		await visitor.showsLast("them: Welcome!");
		await visitor.say("What is the answer?");
		await visitor.page.locator(".typing-indicator").waitFor();
		await leaves(server, () => hide(visitor, true));
		await logs(server, { event: "answered" }, async () => answerNow());
		await hide(visitor, false);
		await visitor.showsLast("them: Forty-two.");
		await visitor.isQuiet();
	});
}
