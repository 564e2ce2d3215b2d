import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { localSettings, startDynamodbLocal } from "../../test/support/startDynamodbLocal.js";
import { StreamPoller } from "./StreamPoller.js";
import { openS3, S3_CREDENTIALS } from "./s3.js";
import { createDeployedTables } from "./tables.js";

export interface OfflineOptions {
	/** Of the HTTP API; the WebSocket API's and the functions' own follow it. */
	readonly port: number;
	/** Variables of the functions, besides those that name their parts. */
	readonly variables: Readonly<Record<string, string | undefined>>;
	/** Where the functions are bundled, below the project's folder. Default `build/aws`. */
	readonly folder?: string;
	/** Takes what is printed. */
	readonly say: (text: string) => void;
}

export interface Offline {
	/** The HTTP API's address. */
	readonly url: string;
	/** The WebSocket API's address. */
	readonly socketUrl: string;
	/** Calls a function by its name in serverless.yml. */
	invoke(name: string, event: unknown): Promise<unknown>;
	close(): Promise<void>;
}

const STAGE = "offline";
const SERVICE = "stentor-chat";
const BUCKET = "files";
/** Milliseconds that everything may take to answer. */
const PATIENCE = 120_000;

/**
 * The functions as they're deployed, on this machine: behind stand-ins for API Gateway and Lambda (serverless-offline), on
 * DynamoDB Local and an S3 server, all on the loopback interface, with nothing in them. Throws where one doesn't start.
 */
export async function openOffline({ port, variables, folder = "build/aws", say }: OfflineOptions): Promise<Offline> {
	const dynamodb = await startDynamodbLocal();
	if ("missing" in dynamodb) throw new Error(dynamodb.missing);
	const closing: (() => Promise<void>)[] = [dynamodb.stop];
	const close = async () => {
		for (const each of closing.splice(0).reverse()) await each();
	};
	try {
		const prefix = `${SERVICE}-${STAGE}-`;
		// DynamoDB Local keeps tables apart by who asks.
		const settings = { ...localSettings(dynamodb.endpoint), credentials: S3_CREDENTIALS };
		const client = new DynamoDBClient(settings);
		const streams = new DynamoDBStreamsClient(settings);
		closing.push(async () => {
			client.destroy();
			streams.destroy();
		});
		await createDeployedTables(client, prefix);
		const s3 = await openS3(BUCKET);
		closing.push(s3.close);
		execFileSync(process.execPath, ["scripts/build-lambdas.mjs"], {
			env: { ...process.env, LAMBDAS_DIR: folder },
			stdio: "inherit",
		});
		const url = `http://127.0.0.1:${port}`;
		const socketUrl = `ws://127.0.0.1:${port + 1}`;
		const emulated = startServerless(port, {
			...variables,
			LAMBDAS_DIR: folder,
			ENVIRONMENT_OF: "offline",
			FILES_BUCKET: BUCKET,
			FILES_URL: `${s3.endpoint}/${BUCKET}/served`,
			PUBLIC_URL: url,
			CONNECTION_SERVER_URL: socketUrl,
			AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
			AWS_ENDPOINT_URL_S3: s3.endpoint,
			AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
			AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
		});
		closing.push(() => stop(emulated));
		const kill = () => emulated.kill("SIGKILL");
		process.once("exit", kill);
		emulated.once("exit", () => process.off("exit", kill));
		for (const stream of [emulated.stdout, emulated.stderr]) stream?.on("data", (text: Buffer) => say(text.toString()));
		const invoke = (name: string, event: unknown) => invokeAt(port + 2, name, event);
		await answers(`${url}/healthz`, emulated);
		const changed = { batchSize: 100, windowMs: 1_000, which: "events" } as const;
		for (const [table, name, options] of [
			["entries", "worker", { batchSize: 100 }],
			["conversations", "worker", changed],
			["conversationActivity", "worker", changed],
			["connections", "greeting", { batchSize: 25 }],
		] as const) {
			const poller = new StreamPoller({
				client,
				streams,
				table: `${prefix}${table}`,
				...options,
				invoke: (event) => invoke(name, event),
				failed: (error) => say(`${name}: ${error}\n`),
			});
			closing.push(() => poller.close());
		}
		// As the first schedule would, a minute later: makes the first admin. Then the others are loaded.
		await invoke("scheduled", { task: "upkeep" });
		await Promise.all([
			invoke("worker", { Records: [] }),
			invoke("greeting", { Records: [] }),
			invoke("ws", { requestContext: { connectionId: "none" } }),
			fetch(`${url}/readyz`),
		]);
		return { url, socketUrl, invoke, close };
	} catch (error) {
		await close();
		throw error;
	}
}

function startServerless(port: number, variables: Readonly<Record<string, string | undefined>>): ChildProcess {
	const options = { stage: STAGE, region: "us-east-1", httpPort: port, websocketPort: port + 1, lambdaPort: port + 2 };
	const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
	return spawn(process.execPath, ["node_modules/serverless/bin/serverless.js", "offline", "start", ...words], {
		env: { ...process.env, ...variables, SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1" },
		stdio: ["ignore", "pipe", "pipe"],
		// Ctrl+C is for us: what's under way is to be finished first.
		detached: true,
	});
}

async function invokeAt(port: number, name: string, event: unknown): Promise<unknown> {
	const path = `/2015-03-31/functions/${SERVICE}-${STAGE}-${name}/invocations`;
	const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: JSON.stringify(event) });
	const text = await response.text();
	if (!response.ok || response.headers.has("x-amz-function-error")) {
		throw new Error(`The function ${name} failed (${response.status}): ${text.slice(0, 500)}`);
	}
	return text ? JSON.parse(text) : undefined;
}

async function answers(url: string, emulated: ChildProcess): Promise<void> {
	const end = Date.now() + PATIENCE;
	while (Date.now() < end) {
		if (emulated.exitCode !== null) throw new Error(`serverless-offline ended with ${emulated.exitCode}.`);
		const response = await fetch(url).catch(() => undefined);
		if (response?.ok) return;
		await pause(200);
	}
	throw new Error(`${url} did not answer in ${PATIENCE / 1000} s.`);
}

async function stop(emulated: ChildProcess): Promise<void> {
	if (emulated.exitCode !== null || emulated.signalCode !== null) return;
	const ended = once(emulated, "exit");
	emulated.kill("SIGINT");
	const isEnded = await Promise.race([ended.then(() => true), pause(10_000, false, { ref: false })]);
	if (!isEnded) emulated.kill("SIGKILL");
	await ended;
}
