import { readFileSync } from "node:fs";
import {
	CreateTableCommand,
	type CreateTableCommandInput,
	type DynamoDBClient,
	waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";

interface TableResource {
	readonly Properties: CreateTableCommandInput & {
		readonly PointInTimeRecoverySpecification?: object;
		readonly TimeToLiveSpecification?: object;
	};
}

/** Makes the tables that the deployment makes, from the same file. */
export async function createDeployedTables(client: DynamoDBClient, prefix: string): Promise<void> {
	const text = readFileSync("aws/tables.json", "utf8").replaceAll(`\${self:custom.tablePrefix}`, prefix);
	const { Resources } = JSON.parse(text) as { Resources: Record<string, TableResource> };
	const create = async ({ Properties }: TableResource) => {
		const { PointInTimeRecoverySpecification: _, TimeToLiveSpecification: __, ...table } = Properties;
		const { StreamSpecification: stream } = table;
		await client.send(
			new CreateTableCommand({
				...table,
				DeletionProtectionEnabled: undefined,
				...(stream && { StreamSpecification: { ...stream, StreamEnabled: true } }),
			}),
		);
		await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: table.TableName });
	};
	await Promise.all(Object.values(Resources).map(create));
}
