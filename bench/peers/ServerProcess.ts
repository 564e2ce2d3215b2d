import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const START_MS = 30_000;
const STOP_MS = 15_000;

export interface Program {
	/** Arguments for node: the file, and what it's given. */
	readonly args: readonly string[];
	/** `PORT` is set; the folder is its own, and goes when it ends. */
	env(folder: string): Record<string, string>;
}

export interface StartOptions {
	/** Arguments for node itself. */
	readonly nodeArgs?: readonly string[];
	/** A folder that outlives the server. */
	readonly folder?: string;
	/** Default: a free one. */
	readonly port?: number;
}

/** A server under test, as a process of its own on loopback. */
export class ServerProcess {
	private stderr = "";

	private constructor(
		readonly child: ChildProcess,
		readonly pid: number,
		readonly port: number,
		private readonly ownFolder: string | undefined,
	) {
		child.stderr?.on("data", (text) => {
			this.stderr = (this.stderr + text).slice(-4_000);
		});
	}

	/** Starts it, and doesn't wait. */
	static async spawn({ args, env }: Program, options: StartOptions = {}): Promise<ServerProcess> {
		const { nodeArgs = [], folder } = options;
		const own = folder ?? mkdtempSync(join(tmpdir(), "stentor-bench-"));
		const port = options.port ?? (await freePort());
		const variables = { PATH: process.env.PATH, NODE_ENV: "production", ...env(own), PORT: String(port) };
		// Its own folder is the current one, so that no .env of the project's is read.
		const child = spawn(process.execPath, [...nodeArgs, ...args], {
			cwd: own,
			env: variables,
			stdio: ["ignore", "ignore", "pipe"],
		});
		await once(child, "spawn");
		const end = () => child.kill("SIGKILL");
		process.once("exit", end);
		child.once("exit", () => process.off("exit", end));
		return new ServerProcess(child, child.pid ?? 0, port, folder ? undefined : own);
	}

	/** Starts it, and waits until it takes connections. */
	static async start(program: Program, options: StartOptions = {}): Promise<ServerProcess> {
		const server = await ServerProcess.spawn(program, options);
		const end = performance.now() + START_MS;
		while (!(await server.answers())) {
			if (server.child.exitCode !== null || performance.now() > end) {
				await server.stop();
				throw new Error(`A server did not start: ${program.args.join(" ")}\n${server.stderr}`);
			}
			await pause(20);
		}
		return server;
	}

	get origin(): string {
		return `127.0.0.1:${this.port}`;
	}

	/** `SIGKILL` ends it as a power cut would. */
	async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		if (this.child.exitCode === null && this.child.signalCode === null) {
			const exit = once(this.child, "exit");
			this.child.kill(signal);
			const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
			await exit;
			clearTimeout(late);
		}
		if (this.ownFolder) rmSync(this.ownFolder, { recursive: true, force: true });
		if (this.stderr) process.stderr.write(`  it said: ${this.stderr}\n`);
	}

	private async answers(): Promise<boolean> {
		try {
			await fetch(`http://${this.origin}/healthz`);
			return true;
		} catch {
			return false;
		}
	}
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	return typeof address === "object" && address ? address.port : 0;
}
