import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
	type _Record,
	DescribeStreamCommand,
	type DynamoDBStreamsClient,
	GetRecordsCommand,
	GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";

/** As Lambda gives it: `eventSourceARN` names the table. */
export type StreamEvent = _Record & { readonly eventSourceARN?: string };

/** Reads one shard of a table's stream from its beginning. */
export class ShardReading {
	private position: string | undefined;

	private constructor(
		private readonly streams: DynamoDBStreamsClient,
		private readonly StreamArn: string | undefined,
		readonly id: string | undefined,
	) {}

	/** A reading of each shard that the table's stream has now; of DynamoDB Local that's one, which stays open. */
	static async of(client: DynamoDBClient, streams: DynamoDBStreamsClient, table: string): Promise<ShardReading[]> {
		const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
		const StreamArn = Table?.LatestStreamArn;
		const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
		return (StreamDescription?.Shards ?? []).map(({ ShardId }) => new ShardReading(streams, StreamArn, ShardId));
	}

	/** What comes next, the insertions among it, and how many events that were; none if there's nothing new. */
	async next(limit: number): Promise<{
		readonly events: readonly StreamEvent[];
		readonly inserted: readonly StreamEvent[];
		readonly read: number;
	}> {
		const { streams, StreamArn, id: ShardId, position } = this;
		// Each time a new one: DynamoDB Local forgets the iterator of a shard that was empty.
		const from = position
			? ({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: position } as const)
			: ({ ShardIteratorType: "TRIM_HORIZON" } as const);
		const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...from }));
		const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator, Limit: limit }));
		this.position = Records.at(-1)?.dynamodb?.SequenceNumber ?? position;
		const events = Records.map((each) => ({ ...each, eventSourceARN: StreamArn }));
		return { events, inserted: events.filter(({ eventName }) => eventName === "INSERT"), read: events.length };
	}
}
