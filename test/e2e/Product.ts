import type { Page } from "playwright-core";
import { eventually } from "../support/eventually.js";
import type { HttpBot } from "../support/httpBot.js";
import type { Stage } from "./Stage.js";

/** The product as its people meet it, wherever it's served: what the suites of this folder are run on. */
export interface Product {
	/** Of its pages, without a path. */
	readonly url: string;
	/** What widgets and chat clients connect to. */
	readonly socketUrl: string;
	/** An agent's. */
	readonly token: string;
	/** What it has logged, a line of JSON for each event. */
	readonly log: string;
	/** Has a page show a session as an agent sees it. */
	watch(page: Page, sessionId: string): Promise<void>;
	/** Ends it as a power cut would. */
	kill(): Promise<void>;
	/** Starts it again, at the same address and with what it has stored. */
	start(): Promise<void>;
}

/** The bot as the product knows it; its key is nobody else's business. */
export const BOT = { name: "Robin", key: "the bot's key" };

/** A product whose answers come from this bot. */
export type OpenProduct = (stage: Stage, bot: Pick<HttpBot, "origin">) => Promise<Product>;

type Fields = Readonly<Record<string, string>>;

/** How often an event with these fields was logged. */
export function loggedIn({ log }: Pick<Product, "log">, fields: Fields): number {
	const lines = log.split("\n").slice(0, -1);
	const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
	return events.filter((event) => Object.entries(fields).every(([name, value]) => event[name] === value)).length;
}

/** Does something, and waits until an event with these fields was logged since, so many times. */
export async function logs(
	product: Product,
	fields: Fields,
	act: () => Promise<unknown>,
	{ times = 1, withinMs }: { readonly times?: number; readonly withinMs?: number } = {},
): Promise<void> {
	const before = loggedIn(product, fields);
	await act();
	await eventually(() => {
		const now = loggedIn(product, fields) - before;
		if (now < times) throw new Error(`${JSON.stringify(fields)} was logged ${now} times, not ${times}.`);
	}, withinMs);
}
