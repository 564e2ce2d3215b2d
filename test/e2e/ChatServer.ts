import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { loggedIn, type Product } from "./Product.js";

const CLI = resolve("dist/cli.js");
/** Many clients, all at one address. */
const BUSY = { CONNECTIONS_PER_ADDRESS: "100000", CONNECTIONS_PER_USER: "100000" };

/** The server as users start it: a process of its own, with a data folder of its own, on a free port of loopback. */
export class ChatServer implements Product {
	/** Such as `http://127.0.0.1:34567`; it stays the same when the server is started again. */
	url = "";
	/** The agents' page with a token in it, as the server printed it. */
	desk = "";
	/** What it has logged, all its starts together. */
	log = "";
	private child?: ChildProcess;

	private constructor(
		private readonly folder: string,
		private readonly settings: Readonly<Record<string, string>>,
	) {}

	/** `runner` is for this start only, see `start`. */
	static async start(settings: Readonly<Record<string, string>> = {}, runner?: readonly string[]): Promise<ChatServer> {
		if (!existsSync(CLI)) throw new Error("The server isn't built; run `npm run build:js`.");
		const server = new ChatServer(await mkdtemp(join(tmpdir(), "stentor-e2e-")), settings);
		try {
			await server.start(runner);
		} catch (error) {
			await server.close();
			throw error;
		}
		return server;
	}

	/** Where its database is. */
	get dataDir(): string {
		return join(this.folder, "data");
	}

	/** Its process's id, while it runs. */
	get pid(): number | undefined {
		return this.isRunning ? this.child?.pid : undefined;
	}

	get isRunning(): boolean {
		return this.child?.exitCode === null && this.child.signalCode === null;
	}

	/** The agent's token of the desk's address. */
	get token(): string {
		return new URL(this.desk).searchParams.get("token") ?? "";
	}

	get socketUrl(): string {
		return `${this.url.replace("http", "ws")}/ws`;
	}

	/** An agent's: signs in by the address that the server printed, and opens the session from the list. */
	async watch(page: Page, sessionId: string): Promise<void> {
		await page.goto(this.desk);
		await page.locator(`.sessions a[href*="${encodeURIComponent(sessionId)}"]`).click();
	}

	/** How often it has logged an event with these fields. */
	logged(fields: Readonly<Record<string, string>>): number {
		return loggedIn(this, fields);
	}

	/** Starts it again, on the same port and data. `runner`: a command that turns into the one after it, such as `strace -D`. */
	async start(runner: readonly string[] = []): Promise<void> {
		const { PATH } = process.env;
		const PORT = this.url ? new URL(this.url).port : "0";
		const env = { PATH, PORT, DATA_DIR: this.dataDir, LOG_LEVEL: "debug", ...BUSY, ...this.settings };
		// In an empty folder: a .env file of whoever runs the tests is none of its business.
		const [command = "", ...words] = [...runner, process.execPath, CLI, "start"];
		const child = spawn(command, words, { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
		this.child = child;
		process.once("exit", this.killNow);
		child.stderr.on("data", (text: Buffer) => {
			this.log += text;
		});
		let said = "";
		for await (const text of child.stdout) {
			said += text;
			const [url, desk] = said.match(/http:\S+(?=\s)/g) ?? [];
			if (!url || !desk) continue;
			this.url = new URL(url).origin;
			this.desk = desk;
			return;
		}
		throw new Error(`The server did not start. ${this.log}`);
	}

	/** Ends it as a power cut would. */
	kill(): Promise<void> {
		return this.end("SIGKILL");
	}

	/** Ends it as a deployment does. */
	stop(): Promise<void> {
		return this.end("SIGTERM");
	}

	/** Ends it for good, and removes its data. */
	async close(): Promise<void> {
		await this.kill();
		await rm(this.folder, { recursive: true, force: true });
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		if (this.child && this.isRunning) {
			const exit = once(this.child, "exit");
			this.child.kill(signal);
			await exit;
		}
		process.off("exit", this.killNow);
	}

	private readonly killNow = () => void this.child?.kill("SIGKILL");
}
