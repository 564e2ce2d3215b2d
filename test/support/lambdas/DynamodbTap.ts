import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type DynamoDBClient, GetItemCommand, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { awsCollections } from "../../../src/aws/collections.js";
import type { Item } from "../../../src/storage/dynamodb/values.js";
import { forwarded } from "../faultyProxy.js";
import { indexUnits, itemBytes, readUnits, writeUnits } from "./capacity.js";

/** What one request did to one collection. */
export interface Part {
	readonly collection: string;
	readonly does: "put" | "update" | "delete" | "check" | "get" | "query";
	readonly bytes: number;
	/** Of the table, by arithmetic. */
	readonly units: number;
	/** Of its indexes, by arithmetic. */
	readonly indexUnits: number;
}

/** One request to DynamoDB. Times are those of `performance.now`. */
export interface Call {
	readonly operation: string;
	readonly begun: number;
	readonly ended: number;
	readonly isWrite: boolean;
	readonly parts: readonly Part[];
	/** What the engine said that it consumed. */
	readonly counted: number;
}

/** The fields of requests and answers that matter here; all of them are optional there, too. */
interface Request extends NonNullable<TransactWriteItem["Put"]> {
	readonly Key?: Item;
	readonly TransactItems?: readonly TransactWriteItem[];
	readonly ConsistentRead?: boolean;
	readonly RequestItems?: Readonly<Record<string, { readonly ConsistentRead?: boolean }>>;
}

interface Reply {
	readonly Item?: Item;
	readonly Items?: readonly Item[];
	readonly Responses?: Readonly<Record<string, readonly Item[]>>;
	readonly ConsumedCapacity?: Consumed | readonly Consumed[];
}

interface Consumed {
	readonly CapacityUnits?: number;
}

interface Touched {
	readonly table: string;
	readonly does: Part["does"];
	readonly key: Item;
}

/**
 * Stands before DynamoDB Local and writes down every request, with what AWS would bill for it: by the sizes that the items
 * have before it and after it.
 */
export class DynamodbTap {
	calls: Call[] = [];
	private readonly server = createServer((incoming, response) => {
		this.pass(incoming).then(
			({ status, text }) => response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(text),
			(error: Error) => response.destroy(error),
		);
	});

	private constructor(
		private readonly target: string,
		/** Of the same tables, to look at items. */
		private readonly client: DynamoDBClient,
		private readonly prefix: string,
	) {}

	static async start(target: string, client: DynamoDBClient, prefix: string): Promise<DynamodbTap> {
		const tap = new DynamodbTap(target, client, prefix);
		await once(tap.server.listen(0, "127.0.0.1"), "listening");
		return tap;
	}

	get endpoint(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	stop(): void {
		this.server.closeAllConnections();
		this.server.close();
	}

	private async pass(incoming: IncomingMessage): Promise<{ status: number; text: string }> {
		const begun = performance.now();
		const body = (await json(incoming)) as Request;
		const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "";
		const touched = this.touchedBy(operation, body);
		const before = await this.look(touched);
		const asked = JSON.stringify({ ...body, ReturnConsumedCapacity: "TOTAL" });
		const reply = await forwarded(this.target, incoming.headers, asked);
		const answer = JSON.parse(reply.text || "{}") as Reply;
		const isWrite = touched.length > 0;
		const parts = isWrite
			? this.written(touched, before, await this.look(touched), body.TransactItems !== undefined)
			: this.read(body, answer);
		const counted = [answer.ConsumedCapacity ?? []].flat().reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0);
		this.calls.push({ operation, begun, ended: performance.now(), isWrite, parts, counted });
		return reply;
	}

	private read({ TableName, ConsistentRead, Key, RequestItems }: Request, reply: Reply): Part[] {
		const part = (table: string, items: readonly Item[], isConsistent = false): Part => {
			const bytes = items.reduce((sum, each) => sum + itemBytes(each), 0);
			const collection = this.collection(table).name;
			return { collection, does: Key ? "get" : "query", bytes, units: readUnits(bytes, isConsistent), indexUnits: 0 };
		};
		const batches = Object.entries(RequestItems ?? {});
		// Of a batch each item is rounded up by itself.
		if (batches.length > 0) {
			return batches.flatMap(([table, batch]) =>
				(reply.Responses?.[table] ?? []).map((item) => ({ ...part(table, [item], batch.ConsistentRead), does: "get" })),
			);
		}
		return [part(TableName ?? "", reply.Items ?? (reply.Item ? [reply.Item] : []), ConsistentRead)];
	}

	private written(
		touched: readonly Touched[],
		before: readonly (Item | undefined)[],
		after: readonly (Item | undefined)[],
		inTransaction: boolean,
	): Part[] {
		return touched.map(({ table, does }, i) => {
			const declared = this.collection(table);
			const bytes = Math.max(...[before[i], after[i]].map((item) => (item ? itemBytes(item) : 0)));
			const units = writeUnits(bytes, inTransaction);
			return { collection: declared.name, does, bytes, units, indexUnits: indexUnits(declared, before[i], after[i]) };
		});
	}

	private touchedBy(operation: string, request: Request): Touched[] {
		const { TransactItems, Item, Key: key = {}, TableName: table = "" } = request;
		if (TransactItems) {
			return TransactItems.flatMap(({ Put, Update, Delete, ConditionCheck }) => {
				if (Put) return [this.put(Put.TableName, Put.Item)];
				const { TableName = "", Key = {} } = Update ?? Delete ?? ConditionCheck ?? {};
				return [{ table: TableName, does: Update ? "update" : Delete ? "delete" : "check", key: Key }];
			});
		}
		if (operation === "PutItem") return [this.put(table, Item)];
		if (operation === "UpdateItem") return [{ table, does: "update", key }];
		return operation === "DeleteItem" ? [{ table, does: "delete", key }] : [];
	}

	private put(table = "", item: Item = {}): Touched {
		const { hash, range } = this.collection(table).key;
		const key = Object.fromEntries(
			[hash, range?.field ?? hash].flatMap((field) => (item[field] ? [[field, item[field]]] : [])),
		);
		return { table, does: "put", key };
	}

	private look(touched: readonly Touched[]): Promise<(Item | undefined)[]> {
		return Promise.all(
			touched.map(async ({ table, key }) => {
				const command = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
				return (await this.client.send(command)).Item;
			}),
		);
	}

	private collection(table: string) {
		const found = awsCollections.find(({ name }) => this.prefix + name === table);
		if (!found) throw new Error(`No collection is kept in ${table}.`);
		return found;
	}
}
