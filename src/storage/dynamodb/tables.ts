import {
	CreateTableCommand,
	type CreateTableCommandInput,
	DescribeTimeToLiveCommand,
	type DynamoDBClient,
	type KeySchemaElement,
	type StreamViewType,
	UpdateTimeToLiveCommand,
	type UpdateTimeToLiveCommandInput,
	waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import type { AnyCollection, KeyDeclaration, KeyType } from "../Storage.js";
import { isNamed } from "./faults.js";

/** Seconds that a new table may take to become active. */
const PATIENCE = 120;

/** The name of the table that holds a collection. */
export function tableName(prefix: string, collection: AnyCollection): string {
	return prefix + collection.name;
}

/** The table that a collection needs: paid per request, its indexes with all fields, a stream where it has a feed. */
export function tableDefinition(collection: AnyCollection, prefix = ""): CreateTableCommandInput {
	const indexes = Object.entries(collection.indexes ?? {});
	const types = new Map<string, KeyType>();
	for (const { hash, range } of [collection.key, ...indexes.map(([, key]) => key)]) {
		types.set(hash, "string");
		if (range) types.set(range.field, range.type);
	}
	return {
		TableName: tableName(prefix, collection),
		BillingMode: "PAY_PER_REQUEST",
		AttributeDefinitions: [...types].map(([field, type]) => ({
			AttributeName: field,
			AttributeType: type === "string" ? "S" : "N",
		})),
		KeySchema: keySchema(collection.key),
		...(indexes.length > 0 && {
			GlobalSecondaryIndexes: indexes.map(([index, key]) => ({
				IndexName: index,
				KeySchema: keySchema(key),
				Projection: { ProjectionType: "ALL" },
			})),
		}),
		...(collection.feed && { StreamSpecification: { StreamEnabled: true, StreamViewType: streamView(collection) } }),
	};
}

/** What makes DynamoDB remove a collection's expired records in time; undefined for one whose records don't expire. */
export function timeToLive(collection: AnyCollection, prefix = ""): UpdateTimeToLiveCommandInput | undefined {
	if (collection.expires === undefined) return undefined;
	return {
		TableName: tableName(prefix, collection),
		TimeToLiveSpecification: { Enabled: true, AttributeName: collection.expires },
	};
}

/**
 * Creates the tables that aren't there yet and waits until they can be used; for tests, local use and scripts (in
 * production, `serverless.yml` declares them). A table that is there isn't changed, but for its time-to-live.
 */
export async function createTables(
	client: DynamoDBClient,
	collections: readonly AnyCollection[],
	prefix = "",
): Promise<void> {
	await Promise.all(collections.map((collection) => createTable(client, collection, prefix)));
}

async function createTable(client: DynamoDBClient, collection: AnyCollection, prefix: string): Promise<void> {
	const TableName = tableName(prefix, collection);
	try {
		await client.send(new CreateTableCommand(tableDefinition(collection, prefix)));
	} catch (error) {
		if (!isNamed(error, "ResourceInUseException")) throw error;
	}
	await waitUntilTableExists({ client, maxWaitTime: PATIENCE, minDelay: 1, maxDelay: 5 }, { TableName });
	const ends = timeToLive(collection, prefix);
	if (!ends) return;
	// DynamoDB refuses to enable what is enabled.
	const now = await client.send(new DescribeTimeToLiveCommand({ TableName }));
	const status = now.TimeToLiveDescription?.TimeToLiveStatus;
	if (status !== "ENABLED" && status !== "ENABLING") await client.send(new UpdateTimeToLiveCommand(ends));
}

/** To write over a record that is past its end is an insertion, which only the old image tells. */
function streamView({ expires }: AnyCollection): StreamViewType {
	return expires === undefined ? "NEW_IMAGE" : "NEW_AND_OLD_IMAGES";
}

function keySchema({ hash, range }: KeyDeclaration): KeySchemaElement[] {
	return [
		{ AttributeName: hash, KeyType: "HASH" },
		...(range ? [{ AttributeName: range.field, KeyType: "RANGE" as const }] : []),
	];
}
