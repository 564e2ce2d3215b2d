import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { RouterError } from "../../protocol/errors.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { checkQuery } from "../query.js";
import type { AnyCollection, Json, KeyDeclaration, KeyType, Query } from "../Storage.js";
import { keyExpression, Placeholders } from "./expressions.js";
import { fromItem, type Item, toItem } from "./values.js";

/** One page of a query, expired items among it. Throws `invalid_query`. */
export async function readPage(
	client: DynamoDBClient,
	TableName: string,
	collection: AnyCollection,
	query: Query,
): Promise<{ items: Item[]; cursor?: string }> {
	const { key, place, limit, descending } = checkQuery(collection, query);
	const fields = positionFields(collection, key);
	const placeholders = new Placeholders();
	const command = new QueryCommand({
		TableName,
		IndexName: query.index,
		ConsistentRead: query.index === undefined,
		KeyConditionExpression: keyExpression(key, query.hash, query.range, placeholders),
		...placeholders.parameters(),
		ScanIndexForward: !descending,
		Limit: limit,
		ExclusiveStartKey: query.cursor === undefined ? undefined : startKey(place, fields, query.hash, query.cursor),
	});
	const { Items: items = [], LastEvaluatedKey: last } = await client.send(command);
	// DynamoDB also says where it stopped if that was the limit and the end at once; one record a hash is always the end.
	if (!last || (query.index === undefined && !key.range)) return { items };
	const position = fromItem(last);
	return {
		items,
		cursor: encodeCursor(
			place,
			[...fields.keys()].map((field) => keyPart(position[field])),
		),
	};
}

/** What DynamoDB wants to know to go on: the key that is read, and the table's own. The hash comes first. */
function positionFields(collection: AnyCollection, read: KeyDeclaration): Map<string, KeyType> {
	const fields = new Map<string, KeyType>();
	for (const { hash, range } of [read, collection.key]) {
		fields.set(hash, "string");
		if (range) fields.set(range.field, range.type);
	}
	return fields;
}

function startKey(place: string, fields: ReadonlyMap<string, KeyType>, hash: string, cursor: string): Item {
	const position = decodeCursor(place, cursor, [...fields.values()]);
	if (position[0] !== hash) throw new RouterError("invalid_query", "The cursor is of another query.");
	return toItem(Object.fromEntries([...fields.keys()].map((field, i) => [field, position[i]])));
}

function keyPart(value: Json | undefined): string | number {
	return typeof value === "number" ? value : String(value);
}
