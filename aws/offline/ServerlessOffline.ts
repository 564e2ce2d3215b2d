import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

type Variables = Readonly<Record<string, string | undefined>>;

export const SERVICE = "stentor-chat";
export const STAGE = "offline";
/** Milliseconds that everything may take to answer. */
const PATIENCE = 120_000;

/** When a connection is ended. Default: as on AWS. */
export interface ConnectionLimits {
	/** How old it gets. Default: two hours. */
	readonly ageSeconds?: number;
	/** How long nothing may come or go on it. Default: ten minutes. */
	readonly idleSeconds?: number;
}

/** Stand-ins for API Gateway and Lambda, with the functions in them: a process of its own, which can be started again. */
export class ServerlessOffline {
	private child?: ChildProcess;

	/** `port`: of the HTTP API; the WebSocket API's and the functions' own follow it. `say` takes what is printed, line by line. */
	constructor(
		private readonly port: number,
		private readonly say: (text: string) => void,
	) {}

	/**
	 * Starts it and waits until it answers. Throws where it ends instead, or takes too long.
	 */
	async start(variables: Variables, { ageSeconds = 7_200, idleSeconds = 600 }: ConnectionLimits = {}): Promise<void> {
		const { port } = this;
		const options = {
			stage: STAGE,
			region: "us-east-1",
			httpPort: port,
			websocketPort: port + 1,
			lambdaPort: port + 2,
			webSocketHardTimeout: ageSeconds,
			webSocketIdleTimeout: idleSeconds,
		};
		const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
		const child = spawn(process.execPath, ["node_modules/serverless/bin/serverless.js", "offline", "start", ...words], {
			env: { ...process.env, ...variables, SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1" },
			stdio: ["ignore", "pipe", "pipe"],
			// Ctrl+C is for us: what's under way is to be finished first.
			detached: true,
		});
		this.child = child;
		const kill = () => child.kill("SIGKILL");
		process.once("exit", kill);
		child.once("exit", () => process.off("exit", kill));
		for (const input of [child.stdout, child.stderr]) {
			createInterface({ input }).on("line", (line) => this.say(`${line}\n`));
		}
		await answers(`http://127.0.0.1:${port}/healthz`, child);
	}

	/** Calls a function by its name in serverless.yml. Throws what it fails with. */
	async invoke(name: string, event: unknown): Promise<unknown> {
		const path = `/2015-03-31/functions/${SERVICE}-${STAGE}-${name}/invocations`;
		const response = await fetch(`http://127.0.0.1:${this.port + 2}${path}`, {
			method: "POST",
			body: JSON.stringify(event),
		});
		const text = await response.text();
		if (!response.ok || response.headers.has("x-amz-function-error")) {
			throw new Error(`The function ${name} failed (${response.status}): ${text.slice(0, 500)}`);
		}
		return text ? JSON.parse(text) : undefined;
	}

	/** Ends it as a power cut would. */
	kill(): Promise<void> {
		return this.end("SIGKILL");
	}

	stop(): Promise<void> {
		return this.end("SIGINT");
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		const { child } = this;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const ended = once(child, "exit");
		child.kill(signal);
		const isEnded = await Promise.race([ended.then(() => true), pause(10_000, false, { ref: false })]);
		if (!isEnded) child.kill("SIGKILL");
		await ended;
	}
}

async function answers(url: string, child: ChildProcess): Promise<void> {
	const end = Date.now() + PATIENCE;
	let cause: unknown;
	while (Date.now() < end) {
		if (child.exitCode !== null) throw new Error(`serverless-offline ended with ${child.exitCode}.`);
		try {
			const { ok, status } = await fetch(url);
			if (ok) return;
			cause = new Error(`It answered ${status}.`);
		} catch (error) {
			// It doesn't listen yet.
			cause = error;
		}
		await pause(200);
	}
	throw new Error(`${url} did not answer in ${PATIENCE / 1000} s.`, { cause });
}
