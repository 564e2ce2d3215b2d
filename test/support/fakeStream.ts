import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";

interface FakeShard {
	readonly parent?: string;
	closed?: boolean;
	/** Events before this one are dropped. */
	trimmed?: number;
	/** The ids of inserted items; an empty string stands for an event that's no insertion. Their order is their number. */
	readonly ids: string[];
}

interface Input {
	readonly ShardId?: string;
	readonly ShardIterator?: string;
	readonly SequenceNumber?: string;
	readonly ExclusiveStartShardId?: string;
	readonly Limit?: number;
}

/** DynamoDB Streams with as many shards as a test wants; DynamoDB Local has only one. Lists two shards a page. */
export class FakeStream {
	readonly shards = new Map<string, FakeShard>();
	/** Iterators made by so many first requests are expired. */
	expired = 0;
	requests: string[] = [];

	readonly client = { send: async () => ({ Table: { LatestStreamArn: "arn" } }) } as unknown as DynamoDBClient;
	readonly streams = {
		send: async (command: { input: Input }) => {
			const name = command.constructor.name.replace("Command", "");
			this.requests.push(name);
			if (name === "DescribeStream") return this.#describe(command.input);
			return name === "GetShardIterator" ? this.#iterator(command.input) : this.#records(command.input);
		},
	} as unknown as DynamoDBStreamsClient;

	#describe({ ExclusiveStartShardId: after }: Input) {
		const all = [...this.shards.keys()];
		const start = all.indexOf(after ?? "") + 1;
		const Shards = all
			.slice(start, start + 2)
			.map((ShardId) => ({ ShardId, ParentShardId: this.shards.get(ShardId)?.parent }));
		const LastEvaluatedShardId = start + 2 < all.length ? Shards.at(-1)?.ShardId : undefined;
		return { StreamDescription: { Shards, LastEvaluatedShardId } };
	}

	#iterator({ ShardId, SequenceNumber }: Input) {
		const { trimmed = 0 } = this.#shard(ShardId);
		const next = SequenceNumber === undefined ? trimmed : Number(SequenceNumber) + 1;
		if (next < trimmed) throw Object.assign(new Error(), { name: "TrimmedDataAccessException" });
		return { ShardIterator: JSON.stringify([ShardId, next, this.requests.length]) };
	}

	#records({ ShardIterator = "", Limit }: Input) {
		const [id, start, made] = JSON.parse(ShardIterator) as [string, number, number];
		if (made <= this.expired) {
			throw Object.assign(new Error(), { name: "ExpiredIteratorException" });
		}
		const { ids, closed } = this.#shard(id);
		const end = Math.min(ids.length, start + (Limit ?? 1000));
		const Records = ids.slice(start, end).map((text, i) => ({
			eventName: text ? "INSERT" : "MODIFY",
			dynamodb: { SequenceNumber: String(start + i), NewImage: { id: { S: text || "modified" } } },
		}));
		const more = !closed || end < ids.length;
		return { Records, NextShardIterator: more ? JSON.stringify([id, end, this.requests.length]) : undefined };
	}

	#shard(id = ""): FakeShard {
		const shard = this.shards.get(id);
		if (shard) return shard;
		throw Object.assign(new Error(id), { name: "ResourceNotFoundException" });
	}
}
