import { execFileSync } from "node:child_process";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { localSettings, startDynamodbLocal } from "../../test/support/startDynamodbLocal.js";
import { type ConnectionLimits, SERVICE, ServerlessOffline, STAGE } from "./ServerlessOffline.js";
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
	/** Ends the functions and what holds connections as a power cut would; tables and files stay. */
	kill(): Promise<void>;
	/** Starts them again, at the same addresses, with these variables besides. */
	start(more?: OfflineOptions["variables"], limits?: ConnectionLimits): Promise<void>;
	close(): Promise<void>;
}

const BUCKET = "files";

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
		const functions = new ServerlessOffline(port, say);
		closing.push(() => functions.stop());
		const start: Offline["start"] = async (more, limits) => {
			const all = {
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
				...more,
			};
			await functions.start(all, limits);
			// As the first schedule would, a minute later: makes the first admin. Then the others are loaded.
			await functions.invoke("scheduled", { task: "upkeep" });
			await Promise.all([
				functions.invoke("worker", { Records: [] }),
				functions.invoke("greeting", { Records: [] }),
				functions.invoke("ws", { requestContext: { eventType: "DISCONNECT", connectionId: "none" } }),
				fetch(`${url}/readyz`),
			]);
		};
		await start();
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
				invoke: (event) => functions.invoke(name, event),
				failed: (error) => say(`${name}: ${error}\n`),
			});
			closing.push(() => poller.close());
		}
		const invoke = (name: string, event: unknown) => functions.invoke(name, event);
		return { url, socketUrl, invoke, kill: () => functions.kill(), start, close };
	} catch (error) {
		await close();
		throw error;
	}
}
