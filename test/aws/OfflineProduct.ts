import type { Page } from "playwright-core";
import type { Offline, OfflineOptions } from "../../aws/offline/Offline.js";
import type { ConnectionLimits } from "../../aws/offline/ServerlessOffline.js";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { page as html, widget } from "../../src/server/demo/markup.js";
import { BOT, type OpenProduct, type Product } from "../e2e/Product.js";
import { BotLine } from "./BotLine.js";

/** The functions on this machine, as the suites of test/e2e want them: one process for all, with one bot after the other. */
export class OfflineProduct implements Product {
	private constructor(
		private readonly offline: Offline,
		private readonly printed: () => string,
		private readonly line: BotLine,
		readonly token: string,
	) {}

	/** Starts the functions again, with a bot of one's own. `printed`: all that they have printed so far. */
	static async open(offline: Offline, secret: string, printed: () => string): Promise<OfflineProduct> {
		const token = await createAgentToken({ secret, subject: "ada", name: "Ada" });
		const product = new OfflineProduct(offline, printed, await BotLine.open(), token);
		await product.kill();
		await product.start();
		return product;
	}

	readonly withBot: OpenProduct = async (_stage, bot) => {
		this.line.lead(bot);
		return this;
	};

	get url(): string {
		return this.offline.url;
	}

	get socketUrl(): string {
		return this.offline.socketUrl;
	}

	/** What the functions have said, of all that was printed. */
	get log(): string {
		const lines = this.printed().split("\n").slice(0, -1);
		return lines.flatMap((line) => (line.startsWith('{"level"') ? [`${line}\n`] : [])).join("");
	}

	/** The agents' pages aren't there: here is one of the team's own, at the same address. */
	async watch(page: Page, session: string): Promise<void> {
		const server = `${this.socketUrl}?token=${this.token}`;
		const body = html({ title: "Desk", kind: "desk", main: "", scripts: widget("default", { session, server }) });
		await page.route(
			({ pathname }) => pathname === "/agent-demo",
			(route) => route.fulfill({ contentType: "text/html", body }),
		);
		await page.goto(`${this.url}/agent-demo?isAdmin=true&sessionId=${encodeURIComponent(session)}`);
	}

	kill(): Promise<void> {
		return this.offline.kill();
	}

	start(more?: OfflineOptions["variables"], limits?: ConnectionLimits): Promise<void> {
		const bot = { BOT_URL: `${this.line.origin}/bot`, BOT_KEY: BOT.key, BOT_NAME: BOT.name };
		return this.offline.start({ LOG_LEVEL: "debug", ...bot, ...more }, limits);
	}

	close(): Promise<void> {
		return this.line.close();
	}
}
