import { spawnSync } from "node:child_process";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ShardReading } from "../../aws/offline/ShardReading.js";
import { S3_CREDENTIALS } from "../../aws/offline/s3.js";
import { conversationActivity } from "../../src/crm/conversations/activity.js";
import { sessionKey } from "../../src/delivery/identity.js";
import { entries } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { TOPIC } from "../../src/server/topic.js";
import { DynamoStorage } from "../../src/storage/dynamodb/DynamoStorage.js";
import { insertedRecord, type StreamRecord } from "../../src/storage/dynamodb/streamImages.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { Lambdas } from "../support/lambdas/Lambdas.js";
import { saying } from "../support/lambdas/saying.js";

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	let streams: DynamoDBStreamsClient;
	beforeAll(async () => {
		lambdas = await Lambdas.open({ endpoint });
		streams = new DynamoDBStreamsClient({ endpoint, region: "us-east-1", credentials: S3_CREDENTIALS });
	}, 300_000);
	afterAll(async () => {
		streams?.destroy();
		await lambdas?.close();
	});

	/** What the script says of a message as Lambda puts it into the queue. */
	function ask(DDBStreamBatchInfo: object | undefined) {
		const Body = JSON.stringify({ requestContext: { condition: "RetryAttemptsExhausted" }, DDBStreamBatchInfo });
		const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/failed-records.mjs"], {
			input: JSON.stringify({ ReceiptHandle: "r", Body }),
			encoding: "utf8",
			env: {
				PATH: process.env.PATH,
				AWS_ENDPOINT_URL_DYNAMODB_STREAMS: endpoint,
				AWS_REGION: "us-east-1",
				AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
				AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
			},
		});
		return { status, stdout, stderr };
	}

	/** The log's stream: where it is, and what is in it. */
	async function stream() {
		const table = lambdas.prefix + entries.name;
		const { Table } = await lambdas.client.send(new DescribeTableCommand({ TableName: table }));
		const [shard] = await ShardReading.of(lambdas.client, streams, table);
		if (!shard) throw new Error("The stream has no shard.");
		return { streamArn: Table?.LatestStreamArn, shardId: shard.id, events: (await shard.next(1_000)).events };
	}

	test("what was given up is read from the stream again, and the worker does it", async () => {
		const ws = await lambdas.start("ws");
		const { held, sessionId } = await lambdas.visitor(ws);
		for (const text of ["one", "two", "three"]) await lambdas.send(ws, held, saying(sessionId, text, text));
		const { events, ...place } = await stream();
		const [first, last] = [events.at(1), events.at(-2)];
		const { status, stdout, stderr } = ask({
			...place,
			startSequenceNumber: first?.dynamodb?.SequenceNumber,
			endSequenceNumber: last?.dynamodb?.SequenceNumber,
			batchSize: events.length - 2,
		});
		expect({ status, stderr }).toMatchObject({ status: 0 });
		const event: { Records: StreamRecord[] } = JSON.parse(stdout);
		expect(event.Records.map(({ dynamodb }) => dynamodb?.SequenceNumber)).toEqual(
			events.slice(1, -1).map(({ dynamodb }) => dynamodb?.SequenceNumber),
		);
		const worker = await lambdas.start("worker");
		for (const _ of ["once", "again"]) expect(await worker.invoke(event)).toEqual({ batchItemFailures: [] });
		const storage = new DynamoStorage({ client: lambdas.client, prefix: lambdas.prefix });
		const followed = await storage.get(conversationActivity, [sessionKey(TOPIC, "default", sessionId)]);
		expect(followed?.counted).toBe(event.Records.map((each) => insertedRecord<Entry>(each)?.seq).at(-1));
	}, 60_000);

	test("what isn't there any more, or is no failure's place, is refused with a sentence", async () => {
		const { streamArn } = await stream();
		const gone = ask({
			streamArn,
			shardId: "shardId-00000000000000000000-00000000",
			startSequenceNumber: "000000000000000000001",
			endSequenceNumber: "000000000000000000002",
		});
		expect(gone).toMatchObject({
			status: 1,
			stdout: "",
			stderr: expect.stringMatching(/What failed can.t be read: /),
		});
		expect(ask(undefined)).toMatchObject({
			status: 1,
			stderr: expect.stringContaining("no message of the failures' queue"),
		});
	}, 60_000);
});
