import type { ConsumedCapacity, DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { collections } from "../../src/delivery/records.js";
import type { Item } from "../../src/storage/dynamodb/values.js";
import { itemBytes, readUnits, writeUnits } from "./capacity.js";

/** What one call did to one collection. */
export interface Part {
	readonly collection: string;
	readonly does: "put" | "update" | "delete" | "get" | "query";
	readonly bytes: number;
	/** By arithmetic. */
	readonly units: number;
}

/** One round trip to DynamoDB. Times are those of `performance.now`. */
export interface Call {
	readonly command: string;
	readonly begun: number;
	readonly ended: number;
	readonly isWrite: boolean;
	readonly parts: readonly Part[];
	/** What the engine said that it consumed. */
	readonly counted: number;
}

/** The fields of the commands' inputs and outputs that matter here; all of them are optional there, too. */
interface Input extends NonNullable<TransactWriteItem["Put"]> {
	readonly Key?: Item;
	readonly TransactItems?: readonly TransactWriteItem[];
	readonly ConsistentRead?: boolean;
	ReturnConsumedCapacity?: "TOTAL";
}

interface Output {
	readonly Item?: Item;
	readonly Items?: readonly Item[];
	readonly Attributes?: Item;
	readonly ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[];
}

/** Writes down every call of a client, with what it costs. */
export class CallLog {
	calls: Call[] = [];
	/** How large what lies there is, as far as it was seen: a delete is billed by it. */
	private readonly sizes = new Map<string, number>();

	constructor(
		client: DynamoDBClient,
		private readonly prefix: string,
	) {
		client.middlewareStack.add(
			(next, { commandName = "" }) =>
				async (args) => {
					const input = args.input as unknown as Input;
					input.ReturnConsumedCapacity = "TOTAL";
					const begun = performance.now();
					const answer = await next(args);
					this.note(commandName.replace("Command", ""), begun, input, answer.output as unknown as Output);
					return answer;
				},
			{ step: "initialize" },
		);
	}

	private note(command: string, begun: number, input: Input, output: Output): void {
		const isWrite = /Put|Update|Delete|Write/.test(command);
		const parts = isWrite ? this.writes(input, output) : this.reads(input, output);
		const counted = [output.ConsumedCapacity ?? []].flat().reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0);
		this.calls.push({ command, begun, ended: performance.now(), isWrite, parts, counted });
	}

	private reads({ TableName, ConsistentRead, Key }: Input, { Item, Items }: Output): Part[] {
		const collection = this.collection(TableName);
		const bytes = (Items ?? (Item ? [Item] : [])).reduce((sum, each) => sum + itemBytes(each), 0);
		const units = readUnits(bytes, ConsistentRead === true);
		return [{ collection, does: Key ? "get" : "query", bytes, units }];
	}

	private writes(input: Input, { Attributes }: Output): Part[] {
		const inTransaction = input.TransactItems !== undefined;
		return (input.TransactItems ?? [asWrite(input)]).map(({ Put, Update, Delete }) => {
			const { TableName = "" } = Put ?? Update ?? Delete ?? {};
			const collection = this.collection(TableName);
			const place = `${TableName} ${JSON.stringify(Put ? keyOf(collection, Put.Item ?? {}) : (Update ?? Delete)?.Key)}`;
			const before = this.sizes.get(place) ?? 0;
			const after = Put?.Item ?? (Update && Attributes);
			const bytes = after ? itemBytes(after) : 0;
			this.sizes.set(place, bytes);
			const does = Put ? "put" : Update ? "update" : "delete";
			const billed = Math.max(before, bytes);
			return { collection, does, bytes: billed, units: writeUnits(billed, inTransaction) };
		});
	}

	private collection(table = ""): string {
		return table.slice(this.prefix.length);
	}
}

function asWrite(input: Input): TransactWriteItem {
	const { Key, TableName, UpdateExpression } = input as Input & { readonly UpdateExpression?: string };
	if (input.Item) return { Put: input };
	return UpdateExpression ? { Update: { Key, TableName, UpdateExpression } } : { Delete: { Key, TableName } };
}

function keyOf(name: string, item: Item): Item {
	const { hash, range } = collections.find((each) => each.name === name)?.key ?? { hash: "" };
	return Object.fromEntries(
		[hash, ...(range ? [range.field] : [])].flatMap((field) => (item[field] ? [[field, item[field]]] : [])),
	);
}
