import { randomUUID } from "node:crypto";
import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { sessionKey } from "../../src/delivery/identity.js";
import { collections, entries, sessions } from "../../src/delivery/records.js";
import { wsHandler } from "../../src/handlers/wsHandlers.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { PostOffice } from "../../src/presets/PostOffice.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { DynamoStorage } from "../../src/storage/dynamodb/DynamoStorage.js";
import { createTables } from "../../src/storage/dynamodb/tables.js";
import { type Item, toItem } from "../../src/storage/dynamodb/values.js";
import type { Fields } from "../../src/storage/record.js";
import { ApiGatewayTransport } from "../../src/transport/apigateway/ApiGatewayTransport.js";
import { connectEvent, lambdaContext, messageEvent } from "../../test/support/apiGatewayEvents.js";
import { HttpBot, json } from "../../test/support/httpBot.js";
import {
	CREDENTIALS,
	type HeldConnection,
	type ManagementApi,
	managementApi,
} from "../../test/support/managementApi.js";
import { type DynamodbLocal, localSettings, startDynamodbLocal } from "../../test/support/startDynamodbLocal.js";
import { textOf } from "../load/Job.js";
import { CallLog } from "./CallLog.js";

const TOPIC = "bench";
const PREFIX = `${TOPIC}-`;
const APP = "default";
const JWT_SECRET = "only for benchmarks: signs agents' tokens";
/** What DynamoDB takes at once. */
const BATCH = 25;

/** The product as Lambdas run it: handlers, DynamoDB Local, a stand-in of API Gateway's management API, a bot. */
export class LambdaChat {
	readonly log: CallLog;
	/** When frames were handed to API Gateway. */
	posts: number[] = [];
	private readonly storage: DynamoStorage;
	private readonly transport = new ApiGatewayTransport();

	private constructor(
		private readonly local: DynamodbLocal,
		private readonly api: ManagementApi,
		readonly bot: HttpBot,
	) {
		const client = new DynamoDBClient(localSettings(local.endpoint));
		this.log = new CallLog(client, PREFIX);
		this.storage = new DynamoStorage({ client, prefix: PREFIX });
		const { post } = this.transport;
		this.transport.post = (...posted) => {
			this.posts.push(performance.now());
			return post.apply(this.transport, posted);
		};
	}

	static async start(): Promise<LambdaChat> {
		const local = await startDynamodbLocal();
		if ("missing" in local) throw new Error(local.missing);
		await createTables(local.client, collections, PREFIX);
		const api = await managementApi();
		const bot = await HttpBot.start(json({ outputSpeech: { displayText: textOf("answer") } }));
		Object.assign(process.env, CREDENTIALS, {
			AWS_LAMBDA_FUNCTION_NAME: "chat",
			CONNECTION_SERVER_URL: api.url,
			BOT_URL: bot.origin,
			JWT_SECRET,
		});
		return new LambdaChat(local, api, bot);
	}

	async stop(): Promise<void> {
		await this.bot.close();
		await this.api.close();
		await this.local.stop();
	}

	/** A Lambda that has just been started: it knows no connection. */
	lambda(): PostOffice {
		return new PostOffice({ topic: TOPIC, storage: this.storage, transport: this.transport, monitor: { ...silent } });
	}

	/** A session with a visitor, and an agent who watches. */
	async session(lambda: PostOffice): Promise<{ id: string; visitor: HeldConnection }> {
		const id = `stentor-widget-session-${randomUUID()}`;
		const visitor = await this.connect(lambda, { userId: randomUUID() });
		await this.send(lambda, visitor, id, "user joined", {});
		const token = await createAgentToken({ secret: JWT_SECRET, subject: "ada" });
		const agent = await this.connect(lambda, { userId: randomUUID(), isAdmin: "true", token });
		await this.send(lambda, agent, id, "user joined", {});
		return { id, visitor };
	}

	/** The visitor says something with a message id; resolves when the bot has answered and all is done. */
	say(lambda: PostOffice, { id, visitor }: { id: string; visitor: HeldConnection }): Promise<void> {
		const data = { type: "INTENT_REQUEST", rawQuery: textOf("question") };
		return this.send(lambda, visitor, id, "new message", { messageId: randomUUID(), data });
	}

	/** Gives a session a past: entries of visitor and bot up to this number. */
	async seed(sessionId: string, length: number): Promise<void> {
		const session = sessionKey(TOPIC, APP, sessionId);
		const head = await this.storage.get(sessions, [session]);
		if (!head) throw new Error("There's no such session.");
		const timeMs = Date.now() - length;
		const entry = (seq: number): Entry => ({
			session,
			seq,
			prev: { everyone: seq - 1, staff: seq - 1 },
			messageId: randomUUID(),
			timeMs: timeMs + seq,
			from: seq % 2 ? { id: head.owner, role: "visitor" } : { id: "bot", role: "answerer" },
			audience: "everyone",
			content: { type: "message", text: textOf(`past-${seq}`) },
		});
		for (let seq = head.seq + 1; seq <= length; seq += BATCH) {
			const numbers = Array.from({ length: Math.min(BATCH, length - seq + 1) }, (_, i) => seq + i);
			const puts = numbers.map((each) => ({ PutRequest: { Item: itemOf(entry(each)) } }));
			await this.local.client.send(new BatchWriteItemCommand({ RequestItems: { [PREFIX + entries.name]: puts } }));
			if (seq % 10_000 === 1) process.stderr.write(`  ${seq - 1} of ${length} entries\n`);
		}
		const seq = Math.max(length, head.seq);
		const answerer = head.participants[head.floor.holder ?? ""];
		if (answerer) answerer.handled = seq;
		await this.storage.put(sessions, { ...head, seq, last: { everyone: seq, staff: seq }, timeMs: timeMs + seq });
	}

	private async connect(lambda: PostOffice, query: Record<string, string>): Promise<HeldConnection> {
		const held = this.api.connect();
		await this.handle(lambda, connectEvent(held.id, query));
		return held;
	}

	private send(
		lambda: PostOffice,
		held: HeldConnection,
		sessionId: string,
		event: string,
		more: object,
	): Promise<void> {
		return this.handle(
			lambda,
			messageEvent(held.id, JSON.stringify({ event, sessionId, timeMs: Date.now(), ...more })),
		);
	}

	private async handle(lambda: PostOffice, event: Parameters<typeof wsHandler>[0]): Promise<void> {
		const { statusCode } = await wsHandler(event, lambdaContext(), undefined, lambda);
		if (statusCode !== 200) throw new Error(`A handler answered ${statusCode}.`);
	}
}

/** As the adapter writes it: what's undefined is left out. */
function itemOf(record: object): Item {
	return toItem(JSON.parse(JSON.stringify(record)) as Fields);
}
