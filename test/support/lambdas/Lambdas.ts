import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient, type _Record as StreamEvent } from "@aws-sdk/client-dynamodb-streams";
import { ShardReading } from "../../../aws/offline/ShardReading.js";
import { S3_CREDENTIALS } from "../../../aws/offline/s3.js";
import { createDeployedTables } from "../../../aws/offline/tables.js";
import { sessionKey } from "../../../src/delivery/identity.js";
import { entries } from "../../../src/delivery/records.js";
import type { WsEvent, WsResult } from "../../../src/handlers/events.js";
import type { Entry } from "../../../src/protocol/envelope.js";
import { TOPIC } from "../../../src/server/topic.js";
import { DynamoStorage } from "../../../src/storage/dynamodb/DynamoStorage.js";
import { connectEvent, disconnectEvent, messageEvent } from "../apiGatewayEvents.js";
import { HttpBot, json } from "../httpBot.js";
import { type HeldConnection, type ManagementApi, managementApi } from "../managementApi.js";
import { LambdaProcess } from "./LambdaProcess.js";

const FUNCTIONS = ["ws", "worker", "greeting", "scheduled", "api"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export interface LambdasOptions {
	/** DynamoDB Local's address. */
	readonly endpoint: string;
	/** Variables of the functions, besides those that name their parts. */
	readonly variables?: Readonly<Record<string, string>>;
}

export const ADMIN = { ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD: "correct horse battery" };
/** Those that the S3 server takes; the others take any. */
const CREDENTIALS = {
	AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
	AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
	AWS_REGION: "us-east-1",
};
const BATCH = 100;
const CONNECT_TRIES = 3;
const RECONNECT_MS = 500;
/** Makes the connections' URL as long as one of API Gateway: it's in every session's head. */
const STAGE = "as-long-as-api-gateways-addresses-are";

/**
 * The functions that serverless.yml deploys, as bundles in processes of their own, with tables of their own in DynamoDB
 * Local and stand-ins for API Gateway's management API and for the bot. What AWS would do is done by who asks: to start a
 * process, to hand it an event, to give the worker what the log's stream has.
 */
export class Lambdas {
	readonly prefix = `t${randomBytes(6).toString("hex")}-`;
	private readonly started: LambdaProcess[] = [];
	private said: readonly ShardReading[] = [];
	private arrivals: readonly ShardReading[] = [];

	private constructor(
		readonly options: LambdasOptions,
		private readonly folder: string,
		readonly api: ManagementApi,
		readonly bot: HttpBot,
		readonly client: DynamoDBClient,
		private readonly streams: DynamoDBStreamsClient,
	) {}

	static async open(options: LambdasOptions): Promise<Lambdas> {
		const folder = `build/lambdas-${randomBytes(6).toString("hex")}`;
		const words = ["scripts/build-lambdas.mjs", ...FUNCTIONS];
		execFileSync(process.execPath, words, { env: { ...process.env, LAMBDAS_DIR: folder } });
		const bot = await HttpBot.start(json({ outputSpeech: { displayText: "It is on its way." } }));
		const { endpoint } = options;
		const settings = { endpoint, region: CREDENTIALS.AWS_REGION, credentials: S3_CREDENTIALS };
		const [client, streams] = [new DynamoDBClient(settings), new DynamoDBStreamsClient(settings)];
		const lambdas = new Lambdas(options, folder, await managementApi(STAGE, CREDENTIALS), bot, client, streams);
		await createDeployedTables(client, lambdas.prefix);
		const streamOf = (table: string) => ShardReading.of(client, streams, lambdas.prefix + table);
		[lambdas.said, lambdas.arrivals] = await Promise.all([streamOf("entries"), streamOf("connections")]);
		return lambdas;
	}

	/** A process of this function that was just started; `endpoint`: where it takes DynamoDB to be. */
	async start(
		name: FunctionName,
		endpoint = this.options.endpoint,
		more: Readonly<Record<string, string>> = {},
	): Promise<LambdaProcess> {
		const started = await LambdaProcess.start(resolve(this.folder, name, "index.mjs"), {
			...CREDENTIALS,
			...ADMIN,
			AWS_LAMBDA_FUNCTION_NAME: name,
			AWS_ENDPOINT_URL_DYNAMODB: endpoint,
			TABLE_PREFIX: this.prefix,
			FILES_BUCKET: "files",
			FILES_URL: "http://127.0.0.1:1/files",
			CONNECTION_SERVER_URL: this.api.url.replace(/^http/, "ws"),
			JWT_SECRET: "a secret of 32 bytes, or of more.",
			BOT_URL: this.bot.origin,
			ALLOWED_ORIGINS: "*",
			LOG_LEVEL: "warn",
			...this.options.variables,
			...more,
		});
		this.started.push(started);
		return started;
	}

	/** Ends everything and forgets it. */
	async close(): Promise<void> {
		await Promise.all(this.started.map((each) => each.kill()));
		await this.bot.close();
		await this.api.close();
		this.client.destroy();
		this.streams.destroy();
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** As clients do, it comes again where it's refused for the moment: DynamoDB Local fails now and then on a busy machine. */
	async connect(ws: LambdaProcess, query: Readonly<Record<string, string>> = {}): Promise<HeldConnection> {
		for (let tries = 1; ; tries++) {
			const held = this.api.connect();
			const event = connectEvent(held.id, { userId: randomUUID(), ...query });
			const { statusCode } = await ws.invoke<WsResult>(event);
			if (statusCode === 200) return held;
			held.close();
			if (statusCode !== 503 || tries === CONNECT_TRIES) throw refused(ws, event, statusCode);
			await pause(RECONNECT_MS);
		}
	}

	/** Resolves when all is done that the frame brings with it. */
	send(ws: LambdaProcess, held: HeldConnection, frame: object): Promise<void> {
		return this.handled(ws, messageEvent(held.id, JSON.stringify({ timeMs: Date.now(), ...frame })));
	}

	disconnect(ws: LambdaProcess, held: HeldConnection): Promise<void> {
		held.close();
		return this.handled(ws, disconnectEvent(held.id));
	}

	/** A visitor who has joined a session of their own. */
	async visitor(ws: LambdaProcess): Promise<{ readonly held: HeldConnection; readonly sessionId: string }> {
		const sessionId = `stentor-widget-session-${randomUUID()}`;
		const held = await this.connect(ws);
		await this.send(ws, held, { event: "user joined", sessionId });
		return { held, sessionId };
	}

	/** What is in the log of a session, the oldest first. */
	async log(sessionId: string): Promise<Entry[]> {
		const storage = new DynamoStorage({ client: this.client, prefix: this.prefix });
		const hash = sessionKey(TOPIC, "default", sessionId);
		return (await storage.query(entries, { hash, limit: 1_000 })).records;
	}

	/** Gives the worker what the log's stream has by now, a batch at a time. */
	follow(worker: LambdaProcess, batchSize = BATCH): Promise<void> {
		return this.pass(this.said, batchSize, (inserted) => this.give(worker, inserted));
	}

	/** Has those greeted who have connected by now. */
	greet(greeting: LambdaProcess): Promise<void> {
		return this.pass(this.arrivals, 1, (Records) => greeting.invoke({ Records }));
	}

	/** Nobody is given what the streams have by now. */
	async skip(): Promise<void> {
		await this.pass([...this.said, ...this.arrivals], 1_000, async () => {});
	}

	private async pass(
		shards: readonly ShardReading[],
		batchSize: number,
		to: (inserted: readonly StreamEvent[]) => Promise<void>,
	): Promise<void> {
		for (const shard of shards) {
			for (;;) {
				const { inserted, read } = await shard.next(batchSize);
				if (read === 0) break;
				if (inserted.length > 0) await to(inserted);
			}
		}
	}

	/** What REST answers. Throws where it refuses. */
	async rest(api: LambdaProcess, method: string, path: string, body?: object, token?: string) {
		const sent = body === undefined ? "" : JSON.stringify(body);
		const { statusCode, body: text } = await api.invoke<{ statusCode: number; body: string }>({
			rawPath: `/api${path}`,
			headers: {
				"content-type": "application/json",
				"content-length": String(Buffer.byteLength(sent)),
				...(token && { authorization: `Bearer ${token}` }),
			},
			body: sent,
			requestContext: { stage: "$default", domainName: "localhost", http: { method, sourceIp: "127.0.0.1" } },
		});
		if (statusCode >= 300) throw new Error(`${method} ${path} answered ${statusCode}: ${text}`);
		return (text ? JSON.parse(text).data : undefined) as Record<string, unknown>;
	}

	/** The first admin's token. */
	async admin(api: LambdaProcess, scheduled: LambdaProcess): Promise<string> {
		await scheduled.invoke({ task: "upkeep" });
		return this.signIn(api, ADMIN.ADMIN_EMAIL, ADMIN.ADMIN_PASSWORD);
	}

	/** An agent of the app who has signed in. */
	async agent(api: LambdaProcess, scheduled: LambdaProcess, name: string): Promise<{ id: string; token: string }> {
		const admin = await this.admin(api, scheduled);
		const email = `${name.toLowerCase()}@example.com`;
		const password = `the password of ${name}`;
		const { id } = await this.rest(api, "POST", "/agents", { email, name, password, capacity: 50 }, admin);
		return { id: String(id), token: await this.signIn(api, email, password) };
	}

	private async signIn(api: LambdaProcess, email: string, password: string): Promise<string> {
		return String((await this.rest(api, "POST", "/auth/login", { email, password })).accessToken);
	}

	private async give(worker: LambdaProcess, events: readonly StreamEvent[]): Promise<void> {
		let left = events;
		while (left.length > 0) {
			const { batchItemFailures: [first] = [] } = await worker.invoke<{
				batchItemFailures?: { itemIdentifier: string }[];
			}>({ Records: left });
			if (!first) return;
			left = left.slice(left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === first.itemIdentifier));
		}
	}

	private async handled(ws: LambdaProcess, event: WsEvent): Promise<void> {
		const { statusCode } = await ws.invoke<WsResult>(event);
		if (statusCode !== 200) throw refused(ws, event, statusCode);
	}
}

function refused(ws: LambdaProcess, { requestContext }: WsEvent, status: number): Error {
	return new Error(`A ${requestContext.eventType} was answered ${status}: ${ws.output.slice(-2_000)}`);
}
