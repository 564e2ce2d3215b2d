import { join } from "node:path";
import { expect } from "@jest/globals";
import type { Page } from "playwright-core";
import { eventually } from "../support/eventually.js";

/** What the widget's conversation consists of, in the order of the page. */
const SHOWN = ".message-list-container__msgs :is(.system-msg, .chat-text-bubble, .xappw-vlist, .chat-card-container)";

/** The part of the browser's `Element` that's used here; the tests are compiled without the browser's types. */
interface Shown {
	readonly textContent: string | null;
	matches(selector: string): boolean;
	querySelector(selector: string): Shown | null;
	querySelectorAll(selector: string): Iterable<Shown>;
}

/** The published widget in a page, as its reader sees and uses it. */
export class WidgetPage {
	/** What the page's scripts threw. */
	readonly errors: string[] = [];
	/** The frames that came over its WebSockets. */
	readonly received: string[] = [];

	constructor(readonly page: Page) {
		page.on("pageerror", (error) => this.errors.push(String(error)));
		page.on("websocket", (socket) => {
			socket.on("framereceived", ({ payload }) => this.received.push(payload.toString()));
		});
	}

	/** Opens the chat by its button. */
	async open(): Promise<void> {
		await this.page.locator(".xapp-chat-button:not(.visible)").click();
		await this.input.waitFor();
	}

	/** Waits until the server has let the widget into its session. */
	async isConnected(): Promise<void> {
		await eventually(() => expect(this.received).toContainEqual(expect.stringContaining('"sessionCreated":true')));
	}

	/** Writes a message, as by hand. */
	async say(text: string): Promise<void> {
		await this.input.click();
		await this.page.keyboard.type(text);
		await this.page.keyboard.press("Enter");
	}

	/**
	 * The conversation, a line for each thing shown: "me: …" and "them: …" for bubbles, "-- …" for notes, and for lists
	 * and cards their title and what else is written in them.
	 */
	lines(): Promise<string[]> {
		return this.page.locator(SHOWN).evaluateAll((elements: Shown[]) => {
			const texts = (element: Shown, parts: string) =>
				[...element.querySelectorAll(parts)].map((part) => part.textContent).join(" | ");
			return elements.flatMap((element) => {
				if (element.querySelector(".typing-indicator")) return [];
				if (element.matches(".system-msg")) return `-- ${element.textContent}`;
				if (element.matches(".xappw-vlist")) {
					return `list: ${texts(element, ".xappw-vlist__header, .xappw-vlist-item__title, .xappw-vlist-item__subtitle")}`;
				}
				if (element.matches(".chat-card-container")) {
					return `card: ${texts(element, ".chat-card-title, .chat-card-sub-title")}`;
				}
				// Before the text itself stands one for screen readers, with the time in it.
				const unseen = element.querySelector(".message-sr-only")?.textContent ?? "";
				const text = element.textContent?.slice(unseen.length) ?? "";
				return `${element.matches(".chat-text-bubble--mine") ? "me" : "them"}: ${text}`;
			});
		});
	}

	/** Waits until exactly these lines are shown. */
	async shows(lines: readonly string[], withinMs?: number): Promise<void> {
		await eventually(async () => expect(await this.lines()).toEqual(lines), withinMs);
	}

	/** Waits until this is the last line. */
	async showsLast(line: string | RegExp, withinMs?: number): Promise<void> {
		await eventually(
			async () =>
				expect((await this.lines()).at(-1)).toEqual(typeof line === "string" ? line : expect.stringMatching(line)),
			withinMs,
		);
	}

	/** Waits until exactly these suggestions are offered. */
	async offers(chips: readonly string[]): Promise<void> {
		await eventually(async () => expect(await this.page.locator(".chat-chip").allTextContents()).toEqual(chips));
	}

	/** Waits until nobody seems to be writing any more. */
	async isQuiet(): Promise<void> {
		await eventually(async () => expect(await this.page.locator(".typing-indicator").count()).toBe(0));
	}

	async chooseChip(label: string): Promise<void> {
		await this.page.locator(".chat-chip").getByText(label, { exact: true }).click();
	}

	/** Chooses the item of the newest list. */
	async chooseItem(title: string): Promise<void> {
		await this.page.locator(".xappw-vlist").last().getByText(title, { exact: true }).click();
	}

	/** An agent begins to take part. */
	async join(name: string): Promise<void> {
		await this.page.locator("#adminBarInput").fill(name);
		await this.page.getByRole("button", { name: "Join" }).click();
	}

	async leave(): Promise<void> {
		await this.page.getByRole("button", { name: "Leave" }).click();
	}

	/** The user and session ids that the widget's server knows this page by. */
	async ids(): Promise<{ userId: string; sessionId: string }> {
		const kept = (await this.page.evaluate(
			"Object.entries(localStorage).find(([key]) => key.startsWith('xappchat.'))?.[1]",
		)) as string;
		const { userId, sessionId } = JSON.parse(kept) as Record<string, string>;
		return { userId: String(userId), sessionId: String(sessionId) };
	}

	/** Takes a picture for people, if `SCREENSHOTS` names a folder. */
	async picture(name: string): Promise<void> {
		const folder = process.env.SCREENSHOTS;
		if (!folder) return;
		// It scrolls smoothly to what's new.
		await this.page.waitForTimeout(1_000);
		await this.page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
	}

	get input() {
		return this.page.locator("#chatWidgetInput");
	}
}
