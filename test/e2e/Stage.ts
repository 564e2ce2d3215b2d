import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { ChatServer } from "./ChatServer.js";
import { WidgetPage } from "./WidgetPage.js";

/** Something that a test has to end. */
interface Closable {
	close(): Promise<unknown>;
}

/** Who and what takes part in one test: servers, bots, people at their browsers. */
export class Stage {
	private readonly closables: Closable[] = [];

	constructor(private readonly browser: Browser) {}

	/** Ends everything, in the opposite order; for `afterEach`. */
	async clear(): Promise<void> {
		for (const each of this.closables.splice(0).reverse()) await each.close();
	}

	keep<T extends Closable>(closable: T): T {
		this.closables.push(closable);
		return closable;
	}

	async server(settings?: Readonly<Record<string, string>>): Promise<ChatServer> {
		return this.keep(await ChatServer.start(settings));
	}

	/** A browser of somebody's own: nothing is shared with others', and it isn't online or offline with them. */
	async context(options?: BrowserContextOptions): Promise<BrowserContext> {
		return this.keep(await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options }));
	}

	/** Somebody who has opened the chat on the shop's page. */
	async visitor(server: Pick<ChatServer, "url">, options?: BrowserContextOptions): Promise<WidgetPage> {
		const widget = new WidgetPage(await (await this.context(options)).newPage());
		await widget.page.goto(server.url);
		await widget.open();
		return widget;
	}

	/** An agent who has signed in, opened the conversation that was talked in last, and looks before joining. */
	async agent(server: ChatServer, options?: BrowserContextOptions): Promise<WidgetPage> {
		const widget = new WidgetPage(await (await this.context(options)).newPage());
		await widget.page.goto(server.desk);
		await widget.page.locator(".sessions a").first().click();
		await widget.isConnected();
		return widget;
	}
}
