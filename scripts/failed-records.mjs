// Prints the event that a function gave up, read again from the table's stream: `node scripts/failed-records.mjs <file>`,
// a file with a message of the failures' queue. docs/aws.md says what to do with it.
import { readFileSync } from "node:fs";
import { DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-dynamodb-streams";

/** Where in the stream it is: the message as SQS gives it, or its body, as Lambda wrote it. */
function placeIn(text) {
	const message = JSON.parse(text) ?? {};
	const { DDBStreamBatchInfo: place } = message.Body ? JSON.parse(message.Body) : message;
	if (!place?.streamArn) throw new Error("It has no DDBStreamBatchInfo, so it's no message of the failures' queue.");
	return place;
}

/** The place's records, as Lambda gives them to a function. Throws what DynamoDB throws, as when they're too old. */
async function recordsAt({ streamArn: StreamArn, shardId: ShardId, startSequenceNumber, endSequenceNumber }) {
	const client = new DynamoDBStreamsClient();
	const from = { ShardIteratorType: "AT_SEQUENCE_NUMBER", SequenceNumber: startSequenceNumber };
	let { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...from }));
	const found = [];
	const last = BigInt(endSequenceNumber);
	while (ShardIterator) {
		const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }));
		for (const record of Records) {
			const at = BigInt(record.dynamodb.SequenceNumber);
			if (at <= last) found.push({ ...record, eventSourceARN: StreamArn });
			if (at >= last) return found;
		}
		ShardIterator = NextShardIterator;
	}
	return found;
}

const TOO_OLD = ["TrimmedDataAccessException", "ResourceNotFoundException"];

try {
	const Records = await recordsAt(placeIn(readFileSync(process.argv[2] ?? 0, "utf8")));
	process.stdout.write(`${JSON.stringify({ Records })}\n`);
} catch (error) {
	const hint = TOO_OLD.includes(error.name) ? " DynamoDB keeps a stream for 24 hours." : "";
	console.error(`What failed can't be read: ${error.message}${hint}`);
	process.exitCode = 1;
}
