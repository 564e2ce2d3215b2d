import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { decodeCursor, encodeCursor, feedPlace } from "../cursor.js";
import { prepareWrite, prepareWrites } from "../evaluate.js";
import { checkBatch, checkKey, keyOf, keyText } from "../key.js";
import { checkLimit } from "../query.js";
import { isExpired } from "../record.js";
import type { AnyCollection, Change, Collection, Condition, Key, Page, Query, Storage, Write } from "../Storage.js";
import { withPauses } from "./attempts.js";
import { asStorageError } from "./faults.js";
import { readPage } from "./pages.js";
import type { StreamReader } from "./StreamReader.js";
import { tableName } from "./tables.js";
import { fromItem, type Item, toKey } from "./values.js";
import { type Target, writeAll, writeOne } from "./writes.js";

export interface DynamoStorageOptions {
	/** Default: our own, with the region and credentials of the environment, 1 s to connect and 3 s to answer. */
	readonly client?: DynamoDBClient;
	/** Reads feeds. Default: our own, made at the first `feed`, with the region and credentials of `client`. */
	readonly streams?: DynamoDBStreamsClient;
	/** A table's name is this and its collection's name. Default: nothing. */
	readonly prefix?: string;
	/** Epoch milliseconds, to tell which records are past their end. Default: `Date.now`. */
	readonly clock?: () => number;
}

/**
 * Keeps each collection in a DynamoDB table (`tableDefinition` says which), and reads feeds from its DynamoDB stream,
 * which keeps a day. Clients that were given stay open after `close`. Beyond the contract it throws
 * `configuration_invalid` if a table, a stream or a right is missing.
 */
export class DynamoStorage implements Storage {
	/** DynamoDB would take 100, DynamoDB Local takes no more. */
	readonly maxWrites = 10;
	private readonly target: Target;
	private readonly given: Pick<DynamoStorageOptions, "client" | "streams">;
	private readonly readers = new Map<string, StreamReader>();
	private readonly underWay = new Set<Promise<unknown>>();
	private ownStreams: DynamoDBStreamsClient | undefined;

	constructor({ client, streams, prefix = "", clock = Date.now }: DynamoStorageOptions = {}) {
		this.given = { client, streams };
		this.target = { client: client ?? ownClient(), prefix, clock };
	}

	get<R extends object>(collection: Collection<R>, key: Key): Promise<R | undefined> {
		return this.run(async () => {
			checkKey(collection, key);
			const TableName = this.table(collection);
			const command = new GetItemCommand({ TableName, Key: toKey(collection, key), ConsistentRead: true });
			const { Item } = await this.target.client.send(command);
			return Item && this.live(collection, [Item])[0];
		});
	}

	batchGet<R extends object>(collection: Collection<R>, keys: readonly Key[]): Promise<(R | undefined)[]> {
		return this.run(async () => {
			checkBatch(collection, keys);
			const items = keys.length > 0 ? await this.items(collection, keys) : [];
			const found = new Map(
				this.live(collection, items).map((record) => [keyText(collection, keyOf(collection, record)), record]),
			);
			return keys.map((key) => found.get(keyText(collection, key)));
		});
	}

	async put<R extends object>(collection: Collection<R>, record: R, condition?: Condition): Promise<void> {
		await this.run(() => writeOne(this.target, prepareWrite({ put: collection, record, if: condition })));
	}

	update<R extends object>(collection: Collection<R>, key: Key, change: Change, condition?: Condition): Promise<R> {
		return this.run(async () => {
			const write = prepareWrite({ update: collection, key, change, if: condition });
			return (await writeOne(this.target, write)) as R;
		});
	}

	async delete<R extends object>(collection: Collection<R>, key: Key, condition?: Condition): Promise<void> {
		await this.run(() => writeOne(this.target, prepareWrite({ delete: collection, key, if: condition })));
	}

	query<R extends object>(collection: Collection<R>, query: Query): Promise<Page<R>> {
		return this.run(async () => {
			const { items, ...rest } = await readPage(this.target.client, this.table(collection), collection, query);
			return { records: this.live(collection, items), ...rest };
		});
	}

	transact(writes: readonly Write[]): Promise<void> {
		return this.run(() => writeAll(this.target, prepareWrites(writes, this.maxWrites)));
	}

	feed<R extends object>(
		collection: Collection<R>,
		from: string | undefined,
		limit: number,
	): Promise<{ records: R[]; cursor: string }> {
		return this.run(async () => {
			checkLimit(limit);
			const place = feedPlace(collection);
			const parts = from === undefined ? [] : decodeCursor(place, from).map(String);
			const reader = await this.reader(collection);
			// In a cursor, each shard is followed by its position.
			const start = parts.flatMap((shard, i) => (i % 2 === 0 ? [[shard, parts[i + 1] ?? ""] as const] : []));
			const { items, positions } = await reader.read(new Map(start), limit);
			return { records: this.live(collection, items), cursor: encodeCursor(place, [...positions].flat()) };
		});
	}

	async close(): Promise<void> {
		await Promise.allSettled(this.underWay);
		if (!this.given.client) this.target.client.destroy();
		this.ownStreams?.destroy();
	}

	/** Every call goes through here, so that `close` can wait for it, and its errors are those of the contract. */
	private run<T>(call: () => Promise<T>): Promise<T> {
		const running = (async () => {
			try {
				return await call();
			} catch (error) {
				throw asStorageError(error);
			}
		})();
		this.underWay.add(running);
		return running.finally(() => this.underWay.delete(running));
	}

	private table(collection: AnyCollection): string {
		return tableName(this.target.prefix, collection);
	}

	/** The records of those items that aren't past their end: DynamoDB removes such items days later. */
	private live<R extends object>(collection: Collection<R>, items: readonly Item[]): R[] {
		const now = this.target.clock();
		return items.map(fromItem).filter((record) => !isExpired(collection, record, now)) as R[];
	}

	private async items(collection: AnyCollection, keys: readonly Key[]): Promise<Item[]> {
		const table = this.table(collection);
		const items: Item[] = [];
		let rest = keys.map((key) => toKey(collection, key));
		return withPauses(async () => {
			const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: rest, ConsistentRead: true } } });
			const { Responses, UnprocessedKeys } = await this.target.client.send(command);
			items.push(...(Responses?.[table] ?? []));
			rest = UnprocessedKeys?.[table]?.Keys ?? [];
			return rest.length === 0 ? items : undefined;
		});
	}

	private async reader(collection: AnyCollection): Promise<StreamReader> {
		const [sdk, { StreamReader }] = await Promise.all([
			import("@aws-sdk/client-dynamodb-streams"),
			import("./StreamReader.js"),
		]);
		const { client } = this.target;
		const table = this.table(collection);
		const streams = this.given.streams ?? this.ownStreams ?? new sdk.DynamoDBStreamsClient(settings(client));
		if (streams !== this.given.streams) this.ownStreams = streams;
		const isPast = (item: Item) => this.live(collection, [item]).length === 0;
		const reader = this.readers.get(table) ?? new StreamReader(sdk, client, streams, table, isPast);
		this.readers.set(table, reader);
		return reader;
	}
}

/** By itself the SDK waits for an answer for ever. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

function ownClient(): DynamoDBClient {
	return new DynamoDBClient({ requestHandler });
}

function settings({ config: { region, credentials } }: DynamoDBClient) {
	return { region, credentials, requestHandler };
}
