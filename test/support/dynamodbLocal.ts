import { randomBytes } from "node:crypto";
import { relative } from "node:path";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { afterAll, expect, test } from "@jest/globals";
import { localSettings as settingsOf } from "./startDynamodbLocal.js";

/** With what clients of this test file are told from those of others, so that it begins without tables. */
export const DATABASE = randomBytes(10).toString("hex");

export interface OwnDatabase {
	readonly endpoint: string;
	readonly client: DynamoDBClient;
}

/** Settings of a client of this test file. */
export function localSettings(endpoint: string): DynamoDBClientConfig {
	return settingsOf(endpoint, DATABASE);
}

/** What functions are told, so that their clients are this test file's. */
export function localEnvironment(endpoint: string) {
	return {
		AWS_ENDPOINT_URL_DYNAMODB: endpoint,
		AWS_ACCESS_KEY_ID: DATABASE,
		AWS_SECRET_ACCESS_KEY: "any",
		AWS_REGION: "us-east-1",
	};
}

/** The run's DynamoDB Local, or why there is none: then this file is named at the run's end as one that was left out. */
export async function dynamodbLocalOfRun(): Promise<{ readonly endpoint?: string; readonly missing?: string }> {
	const body = relative(process.cwd(), expect.getState().testPath ?? "");
	const answer = await fetch(process.env.DYNAMODB_LOCAL_OF_RUN ?? "", { method: "POST", body });
	return (await answer.json()) as { endpoint?: string; missing?: string };
}

/**
 * Runs a file's tests on a database of their own in the run's DynamoDB Local. Where that can't start they fail if this is
 * CI; elsewhere they are left out, which the run says at its end.
 */
export async function onDynamodbLocal(addTests: (local: OwnDatabase) => void): Promise<void> {
	const { endpoint, missing } = await dynamodbLocalOfRun();
	if (endpoint !== undefined) {
		const client = new DynamoDBClient(localSettings(endpoint));
		afterAll(() => client.destroy());
		addTests({ endpoint, client });
	} else if (process.env.CI) {
		test("DynamoDB Local starts", () => {
			throw new Error(missing);
		});
	} else {
		test.skip(`on DynamoDB Local: left out. ${missing}`, () => {});
	}
}
