import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const HOST = resolve("test/support/lambdas/lambdaHost.mjs");

interface Answer {
	readonly id: string;
	readonly result?: unknown;
	readonly error?: string;
	readonly ms: number;
	readonly cpuMs: number;
}

/** How long an event took, and how much of that it computed, in milliseconds. */
export interface Run {
	readonly ms: number;
	readonly cpuMs: number;
}

/** One process of a function as it's deployed, which knows nothing but its environment. */
export class LambdaProcess {
	/** Of each event that was handled, in the order of their ends. */
	readonly runs: Run[] = [];
	/** How far its clock is ahead of ours, in milliseconds. */
	aheadMs = 0;
	/** What it printed. */
	output = "";
	private next = 1;
	private readonly waiting = new Map<string, { resolve(answer: Answer): void; reject(error: Error): void }>();

	private constructor(
		private readonly child: ChildProcess,
		/** Milliseconds that loading its bundle took. */
		readonly loadedMs: number,
	) {
		child.on("message", (answer: Answer) => {
			this.waiting.get(answer.id)?.resolve(answer);
			this.waiting.delete(answer.id);
		});
		child.once("exit", (code, signal) => {
			for (const { reject } of this.waiting.values()) reject(new Error(`It ended with ${signal ?? code}.`));
			this.waiting.clear();
		});
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on("data", (text: Buffer) => {
				this.output += text;
			});
		}
	}

	/** Throws where the bundle can't be loaded. */
	static async start(bundle: string, env: Readonly<Record<string, string | undefined>>): Promise<LambdaProcess> {
		const child = fork(HOST, [bundle], { env: { PATH: process.env.PATH, ...env }, execArgv: [], silent: true });
		let said = "";
		child.stderr?.on("data", (text: Buffer) => {
			said += text;
		});
		const ended = once(child, "exit").then(([code]) => {
			throw new Error(`${bundle} ended with ${code}: ${said}`);
		});
		const [{ ready }] = (await Promise.race([once(child, "message"), ended])) as [{ ready: number }];
		ended.catch(() => {});
		return new LambdaProcess(child, ready);
	}

	/** Has it handle an event; throws what the handler throws, and if the process ends meanwhile. */
	async invoke<T = unknown>(event: unknown): Promise<T> {
		const id = String(this.next++);
		const answered = new Promise<Answer>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
		this.child.send({ id, event, ahead: this.aheadMs });
		const { result, error, ms, cpuMs } = await answered;
		if (error !== undefined) throw new Error(error);
		this.runs.push({ ms, cpuMs });
		return result as T;
	}

	/** Ends it as AWS would, or a crash: at once. */
	async kill(): Promise<void> {
		if (this.child.exitCode !== null || this.child.signalCode !== null) return;
		const exit = once(this.child, "exit");
		this.child.kill("SIGKILL");
		await exit;
	}
}
