import { setTimeout as pause } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { ShardReading, type StreamEvent } from "./ShardReading.js";

export interface StreamPollerOptions {
	readonly client: DynamoDBClient;
	readonly streams: DynamoDBStreamsClient;
	readonly table: string;
	/** As the deployment's `batchSize`. */
	readonly batchSize: number;
	/** As the deployment's `batchWindow`, in milliseconds. Default: none. */
	readonly windowMs?: number;
	/** Which events are given, as the deployment's `filterPatterns` say. Default: insertions. */
	readonly which?: "events" | "inserted";
	/** Calls the function. */
	readonly invoke: (event: { readonly Records: readonly StreamEvent[] }) => Promise<unknown>;
	readonly failed: (error: unknown) => void;
}

const POLL_MS = 100;
const AGAIN_MS = 1_000;

/**
 * Calls a function with what happens in a table, as Lambda does from its stream: shard by shard, in order, and after
 * a failure from the first event on that failed. Unlike Lambda it never gives up.
 */
export class StreamPoller {
	private readonly stopping = new AbortController();
	private readonly running: Promise<void>;

	constructor(private readonly options: StreamPollerOptions) {
		this.running = this.run();
	}

	async close(): Promise<void> {
		this.stopping.abort();
		await this.running;
	}

	private async run(): Promise<void> {
		const { client, streams, table } = this.options;
		const shards = await ShardReading.of(client, streams, table);
		await Promise.all(shards.map((shard) => this.follow(shard)));
	}

	private async follow(shard: ShardReading): Promise<void> {
		const { batchSize, windowMs = POLL_MS, which = "inserted", failed } = this.options;
		while (!this.stopping.signal.aborted) {
			try {
				await this.give((await shard.next(batchSize))[which]);
			} catch (error) {
				if (!this.stopping.signal.aborted) failed(error);
			}
			await pause(windowMs);
		}
	}

	private async give(events: readonly StreamEvent[]): Promise<void> {
		let left = events;
		while (left.length > 0 && !this.stopping.signal.aborted) {
			try {
				left = leftAfter(left, await this.options.invoke({ Records: left }));
			} catch (error) {
				this.options.failed(error);
			}
			if (left.length > 0) await pause(AGAIN_MS);
		}
	}
}

/** What is to come again: nothing, or all from the first one on that is named. */
function leftAfter(events: readonly StreamEvent[], result: unknown): readonly StreamEvent[] {
	const { batchItemFailures: [first] = [] } = (result ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
	if (!first) return [];
	const at = events.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === first.itemIdentifier);
	return events.slice(Math.max(at, 0));
}
