import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { ChatServer } from "./ChatServer.js";
import { BOT, type OpenProduct, type Product } from "./Product.js";
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

	/** An agent who has opened a visitor's session, and looks before joining. */
	async agent(product: Product, visitor: WidgetPage): Promise<WidgetPage> {
		const widget = new WidgetPage(await (await this.context()).newPage());
		await product.watch(widget.page, (await visitor.ids()).sessionId);
		await widget.isConnected();
		return widget;
	}
}

/** `npm start`, with this bot. */
export const ownServer: OpenProduct = (stage, bot) =>
	stage.server({ BOT_URL: `${bot.origin}/bot`, BOT_KEY: BOT.key, BOT_NAME: BOT.name });
