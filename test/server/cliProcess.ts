import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterwards, eventually } from "./given.js";

export interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** The CLI as a process of its own, in an environment that holds nothing of ours but what is given. */
export class CliProcess {
	stdout = "";
	stderr = "";
	private readonly ended: Promise<number | null>;

	private constructor(readonly child: ChildProcess) {
		child.stdout?.on("data", (chunk) => (this.stdout += chunk));
		child.stderr?.on("data", (chunk) => (this.stderr += chunk));
		this.ended = once(child, "close").then(([code]) => code);
		afterwards(async () => {
			child.kill("SIGKILL");
			await this.ended;
		});
	}

	static spawn(cli: string, args: readonly string[], environment: Record<string, string>, cwd: string): CliProcess {
		const env = { PATH: process.env.PATH, ...environment };
		return new CliProcess(spawn(process.execPath, [cli, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] }));
	}

	/** Waits until the server has said where it is. */
	async started(): Promise<{ url: string; wsUrl: string; deskLink: string }> {
		await eventually(
			() => this.stdout.includes("Ctrl+C") || this.child.exitCode !== null,
			() => this.stderr,
		);
		const [deskLink = ""] = this.stdout.match(/http:\S+token=\S+/) ?? [];
		if (!deskLink) throw new Error(`It did not start: ${this.stderr}`);
		const url = new URL(deskLink).origin;
		return { url, wsUrl: `${url.replace("http", "ws")}/ws`, deskLink };
	}

	async kill(signal: NodeJS.Signals): Promise<number | null> {
		this.child.kill(signal);
		return this.ended;
	}

	async end(): Promise<Ended> {
		const code = await this.ended;
		return { code, stdout: this.stdout, stderr: this.stderr };
	}
}
