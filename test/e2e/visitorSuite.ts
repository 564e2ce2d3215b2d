import { afterEach, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { responseText } from "../../src/protocol/stentor.js";
import { GREETING, PRODUCTS, TOPICS } from "../../src/server/demo/demoShop.js";
import { Stage } from "./Stage.js";

const JOINED = "-- Assistant has joined the chat";
const GREETED = `them: ${responseText(GREETING)}`;
const answers = (word: string) => {
	const response = TOPICS.find(({ words }) => words.includes(word))?.response ?? {};
	return `them: ${responseText(response)}`;
};

/** What a visitor has of the page with the published widget and the demo bot, wherever it's served. */
export function visitorSuite(browser: Browser, product: (stage: Stage) => Promise<{ readonly url: string }>): void {
	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	test("a visitor is greeted, answered, and offered suggestions, a list and a card; a reload keeps it all", async () => {
		const server = await product(stage);
		const visitor = await stage.visitor(server);
		await visitor.shows([JOINED, GREETED]);
		await visitor.offers(["Opening hours", "Coffees and prices", "Delivery", "Talk to a person"]);
		await visitor.picture("visitor-greeting");

		await visitor.say("What does delivery cost?");
		await visitor.showsLast(answers("delivery"));
		await visitor.chooseChip("Opening hours");
		await visitor.showsLast(answers("opening"));
		await visitor.chooseChip("Coffees and prices");
		const items = PRODUCTS.map(({ title, inShort, price }) => `${title} | ${inShort} · ${price}`);
		await visitor.showsLast(`list: This week's coffees | ${items.join(" | ")}`);
		await visitor.picture("visitor-list");
		await visitor.chooseItem("Yirga Morning");
		const yirga = PRODUCTS.find(({ title }) => title === "Yirga Morning");
		const conversation = [
			JOINED,
			GREETED,
			"me: What does delivery cost?",
			answers("delivery"),
			"me: Opening hours",
			answers("opening"),
			"me: Coffees and prices",
			answers("coffees"),
			`list: This week's coffees | ${items.join(" | ")}`,
			"me: Yirga Morning (from the list)",
			"them: Yirga Morning is €12.00 for 250 g.",
			`card: Yirga Morning | ${yirga?.content}`,
		];
		await visitor.shows(conversation);
		await visitor.isQuiet();
		await visitor.picture("visitor-card");

		await visitor.page.reload();
		await visitor.shows(conversation);
		await visitor.say("Thank you!");
		await visitor.shows([...conversation, "me: Thank you!", answers("thanks")]);
		await visitor.picture("visitor-reloaded");
		expect(visitor.errors).toEqual([]);
		expect(visitor.received.filter((frame) => frame.includes('"failure"'))).toEqual([]);
	});

	test("two visitors don't hear each other", async () => {
		const server = await product(stage);
		const [one, other] = await Promise.all([stage.visitor(server), stage.visitor(server)]);
		await Promise.all([one.shows([JOINED, GREETED]), other.shows([JOINED, GREETED])]);
		await Promise.all([one.say("When are you open?"), other.say("What does delivery cost?")]);
		await one.shows([JOINED, GREETED, "me: When are you open?", answers("open")]);
		await other.shows([JOINED, GREETED, "me: What does delivery cost?", answers("delivery")]);
		const { sessionId } = await one.ids();
		expect(other.received.filter((frame) => frame.includes(sessionId))).toEqual([]);
	});

	test("on a phone everything fits and can be tapped", async () => {
		const server = await product(stage);
		const viewport = { width: 390, height: 844 };
		const visitor = await stage.visitor(server, { viewport, hasTouch: true, isMobile: true });
		const { page, input } = visitor;
		const fits = async () => {
			const width = await page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth");
			expect(width).toBeLessThanOrEqual(0);
		};
		await visitor.shows([JOINED, GREETED]);
		await fits();
		await visitor.picture("phone-greeting");
		await page.locator(".chat-chip").getByText("Coffees and prices").tap();
		await page.locator(".xappw-vlist").getByText("Night Shift Decaf").tap();
		await visitor.showsLast(/^card: Night Shift Decaf/);
		await input.tap();
		await page.keyboard.type("Are you open on Sunday?");
		await page.keyboard.press("Enter");
		await visitor.showsLast(answers("sunday"));
		const box = await input.boundingBox();
		expect(box?.x).toBeGreaterThanOrEqual(0);
		expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
		expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(viewport.height);
		await fits();
		await visitor.picture("phone-answered");
		// Closed, the page behind it is there again.
		await page.locator(".widget-container [class*=minimize]").first().tap();
		await page.locator(".xapp-chat-button:not(.visible)").waitFor();
		await fits();
		await visitor.picture("phone-page");
	});
}
