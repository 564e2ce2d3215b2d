import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamsClient, GetRecordsOutput, Shard } from "@aws-sdk/client-dynamodb-streams";
import { RouterError } from "../../protocol/errors.js";
import { isNamed } from "./faults.js";
import type { Item } from "./values.js";

/** By shard: the sequence number of the newest event that was read, or `FINISHED`. */
export type Positions = Map<string, string>;

/** A closed shard that was read to its end. Remembered until DynamoDB drops the shard, a day later. */
const FINISHED = "end";

/** Milliseconds for which a list of shards is good; DescribeStream may be called 10 times a second. */
const LIST_AGE = 10_000;

type Streams = typeof import("@aws-sdk/client-dynamodb-streams");

/** Reads the insertions of one table's stream, shard by shard, parents before their children. */
export class StreamReader {
	private readonly client: DynamoDBClient;
	private readonly streams: DynamoDBStreamsClient;
	private readonly table: string;
	private readonly sdk: Streams;
	private readonly isPast: (item: Item) => boolean;
	private list: { readonly arn: string; readonly shards: ReadonlyMap<string, Shard>; readonly at: number } | undefined;
	/** Where DynamoDB said to read on. It saves a request, and gets past stretches without events: those move no position. */
	private readonly iterators = new Map<string, { readonly position: string | undefined; readonly next: string }>();

	/** `isPast`: whether an item that was overwritten counted as none, which makes an insertion of it. */
	constructor(
		sdk: Streams,
		client: DynamoDBClient,
		streams: DynamoDBStreamsClient,
		table: string,
		isPast: (item: Item) => boolean,
	) {
		this.sdk = sdk;
		this.client = client;
		this.streams = streams;
		this.table = table;
		this.isPast = isPast;
	}

	/** Up to `limit` inserted items after these positions, and where they end. None: there may be more a moment later. */
	async read(from: Positions, limit: number): Promise<{ items: Item[]; positions: Positions }> {
		const items: Item[] = [];
		let positions = from;
		let moved: boolean;
		do {
			moved = false;
			const { arn, shards } = await this.shards(positions);
			positions = new Map([...positions].filter(([id]) => shards.has(id)));
			const readable = [...shards.keys()].filter((id) => isReadable(id, shards, positions));
			// Begins anywhere, so that a busy shard doesn't keep the limit from the others.
			const start = Math.floor(Math.random() * readable.length);
			const waiting = [...readable.slice(start), ...readable.slice(0, start)];
			while (waiting.length > 0 && items.length === 0) {
				const chosen = waiting.splice(0, limit);
				const share = Math.floor(limit / chosen.length);
				const pages = await Promise.all(chosen.map((id) => this.page(arn, id, positions.get(id), share)));
				for (const page of pages) {
					items.push(...page.items);
					if (page.position === undefined || page.position === positions.get(page.id)) continue;
					positions.set(page.id, page.position);
					moved = true;
				}
			}
		} while (items.length === 0 && moved);
		return { items, positions };
	}

	private async page(arn: string, id: string, position: string | undefined, limit: number) {
		const { Records = [], NextShardIterator: next } = await this.records(arn, id, position, limit);
		const items = Records.flatMap(({ eventName, dynamodb: { OldImage, NewImage } = {} }) => {
			const inserted = eventName === "INSERT" || (OldImage && this.isPast(OldImage));
			return inserted && NewImage ? [NewImage] : [];
		});
		const newest = Records.at(-1)?.dynamodb?.SequenceNumber ?? position;
		if (next === undefined) {
			// Its children can be read now; DynamoDB may have made them after our list.
			this.list = undefined;
			this.iterators.delete(id);
			return { id, items, position: FINISHED };
		}
		this.iterators.set(id, { position: newest, next });
		return { id, items, position: newest };
	}

	private async records(
		arn: string,
		id: string,
		position: string | undefined,
		Limit: number,
	): Promise<GetRecordsOutput> {
		const known = this.iterators.get(id);
		if (known && known.position === position) {
			try {
				return await this.streams.send(new this.sdk.GetRecordsCommand({ ShardIterator: known.next, Limit }));
			} catch (error) {
				// It's good for 15 minutes.
				if (!isNamed(error, "ExpiredIteratorException", "TrimmedDataAccessException")) throw error;
			}
		}
		const ShardIterator = await this.iterator(arn, id, position);
		return this.streams.send(new this.sdk.GetRecordsCommand({ ShardIterator, Limit }));
	}

	private async iterator(
		StreamArn: string,
		ShardId: string,
		position: string | undefined,
	): Promise<string | undefined> {
		const oldest = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
		const after = { StreamArn, ShardId, ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: position } as const;
		try {
			const command = new this.sdk.GetShardIteratorCommand(position === undefined ? oldest : after);
			return (await this.streams.send(command)).ShardIterator;
		} catch (error) {
			// DynamoDB keeps events for a day: a reader that comes later goes on with the oldest kept.
			if (!isNamed(error, "TrimmedDataAccessException")) throw error;
			return (await this.streams.send(new this.sdk.GetShardIteratorCommand(oldest))).ShardIterator;
		}
	}

	/** All shards by id; from memory, unless that is old or doesn't know a shard that has been read. */
	private async shards(positions: Positions) {
		const known = this.list;
		if (known && performance.now() - known.at < LIST_AGE && [...positions.keys()].every((id) => known.shards.has(id))) {
			return known;
		}
		const { Table } = await this.client.send(new DescribeTableCommand({ TableName: this.table }));
		const arn = Table?.LatestStreamArn;
		if (!arn) throw new RouterError("configuration_invalid", `The table "${this.table}" has no stream.`);
		const shards = new Map<string, Shard>();
		let after: string | undefined;
		do {
			const command = new this.sdk.DescribeStreamCommand({ StreamArn: arn, ExclusiveStartShardId: after });
			const { StreamDescription } = await this.streams.send(command);
			for (const shard of StreamDescription?.Shards ?? []) shards.set(shard.ShardId ?? "", shard);
			after = StreamDescription?.LastEvaluatedShardId;
		} while (after !== undefined);
		this.list = { arn, shards, at: performance.now() };
		return this.list;
	}
}

/** Not read to its end, and its parent is, or is gone: the events of one key move from parent to child. */
function isReadable(id: string, shards: ReadonlyMap<string, Shard>, positions: Positions): boolean {
	const parent = shards.get(id)?.ParentShardId;
	const parentDone = parent === undefined || !shards.has(parent) || positions.get(parent) === FINISHED;
	return parentDone && positions.get(id) !== FINISHED;
}
