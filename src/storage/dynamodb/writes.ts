import { randomUUID } from "node:crypto";
import {
	DeleteItemCommand,
	type DynamoDBClient,
	GetItemCommand,
	PutItemCommand,
	TransactWriteItemsCommand,
	UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import { holds } from "../condition.js";
import { evaluate, type PreparedWrite } from "../evaluate.js";
import { type Fields, isExpired } from "../record.js";
import { type Attempts, EACH_ATTEMPT, watching, withPauses } from "./attempts.js";
import { refusalOf } from "./faults.js";
import { toRequest } from "./requests.js";
import { tableName } from "./tables.js";
import { fromItem, type Item, toKey } from "./values.js";

/** Where writes go. */
export interface Target {
	readonly client: DynamoDBClient;
	readonly prefix: string;
	readonly clock: () => number;
}

/** Carries out one write and answers the record as an update left it. */
export async function writeOne(target: Target, write: PreparedWrite): Promise<Fields> {
	let current = write;
	const attempts: Attempts = { unsure: false };
	return withPauses(async () => {
		const now = target.clock();
		try {
			return await send(target, current, now, attempts);
		} catch (error) {
			const refusal = refusalOf(error);
			if (!refusal) throw error;
			if ("busy" in refusal) return undefined;
			if (attempts.unsure) {
				throw new RouterError("storage_unavailable", "An attempt went unanswered, and the next found another record.", {
					cause: error,
				});
			}
			const item = refusal.failed.get(0) ?? (await read(target, write));
			[current = write] = afterFailure([write], [current], new Map([[0, item]]), now, error);
			return undefined;
		}
	});
}

/** Carries out writes all at once. */
export async function writeAll(target: Target, writes: readonly PreparedWrite[]): Promise<void> {
	let current = writes;
	let now = target.clock();
	// The same token means the same transaction to DynamoDB, for 10 minutes: a repetition by the SDK isn't a second one.
	let ClientRequestToken = randomUUID();
	await withPauses(async () => {
		const TransactItems = current.map((write) => toRequest(write, target.prefix, now));
		try {
			await target.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
			return true;
		} catch (error) {
			const refusal = refusalOf(error);
			if (!refusal) throw error;
			if ("failed" in refusal) {
				current = afterFailure(writes, current, refusal.failed, now, error);
				now = target.clock();
				ClientRequestToken = randomUUID();
			}
			return undefined;
		}
	});
}

async function send(target: Target, write: PreparedWrite, now: number, attempts: Attempts): Promise<Fields> {
	const { client, prefix } = target;
	const request = toRequest(write, prefix, now);
	if (request.Put) {
		const command = new PutItemCommand(request.Put);
		command.middlewareStack.add(watching(attempts), EACH_ATTEMPT);
		await client.send(command);
	} else if (request.Delete) {
		const command = new DeleteItemCommand(request.Delete);
		command.middlewareStack.add(watching(attempts), EACH_ATTEMPT);
		await client.send(command);
	} else if (request.Update) {
		const command = new UpdateItemCommand({ ...request.Update, ReturnValues: "ALL_NEW" });
		const adds = "update" in write.action && write.action.update.add?.length;
		command.middlewareStack.add(watching(attempts, !adds), EACH_ATTEMPT);
		return fromItem((await client.send(command)).Attributes ?? {});
	}
	return "put" in write.action ? (JSON.parse(write.action.put.text) as Fields) : {};
}

/** Only after a failure: AWS sends the item along if there is one, DynamoDB Local never does. */
async function read({ client, prefix }: Target, { collection, key }: PreparedWrite): Promise<Item | undefined> {
	const TableName = tableName(prefix, collection);
	const command = new GetItemCommand({ TableName, Key: toKey(collection, key), ConsistentRead: true });
	return (await client.send(command)).Item;
}

/**
 * The writes to try next, after conditions failed because of these items. Throws `ConditionFailed` if a condition
 * failed in earnest, and not only because an update met a record past its end, which counts as none.
 */
function afterFailure(
	writes: readonly PreparedWrite[],
	tried: readonly PreparedWrite[],
	failed: ReadonlyMap<number, Item | undefined>,
	now: number,
	cause: unknown,
): PreparedWrite[] {
	const stood = new Map<number, object | undefined>();
	const next = tried.map((write, i) => {
		const asked = writes[i] ?? write;
		if (!failed.has(i)) return write;
		const item = failed.get(i);
		const found = item && fromItem(item);
		const record = found && isExpired(asked.collection, found, now) ? undefined : found;
		if (!holds(asked.condition ?? [], record)) stood.set(i, record);
		return found && !record ? startingAnew(asked) : asked;
	});
	if (stood.size > 0) throw new ConditionFailed(stood, { cause });
	return next;
}

/** An update of what counts as absent, as the put that it comes to; it fails if the record is alive by then. */
function startingAnew(write: PreparedWrite): PreparedWrite {
	if (!("update" in write.action)) return write;
	const [effect] = evaluate([{ ...write, condition: undefined }], () => undefined);
	return effect?.after ? { ...write, condition: "absent", action: { put: effect.after } } : write;
}
