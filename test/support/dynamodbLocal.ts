import { afterAll, test } from "@jest/globals";
import { type DynamodbLocal, startDynamodbLocal } from "./startDynamodbLocal.js";

export { type DynamodbLocal, localSettings } from "./startDynamodbLocal.js";

/**
 * Runs a file's tests on a DynamoDB Local of their own. Where it can't start they fail if this is CI; elsewhere they are
 * left out, and one skipped test says why.
 */
export async function onDynamodbLocal(addTests: (local: DynamodbLocal) => void): Promise<void> {
	const local = await startDynamodbLocal();
	if (!("missing" in local)) {
		afterAll(local.stop);
		addTests(local);
	} else if (process.env.CI) {
		test("DynamoDB Local starts", () => {
			throw new Error(local.missing);
		});
	} else {
		console.warn(`Nothing was tested on DynamoDB. ${local.missing}`);
		test.skip(`on DynamoDB Local: left out. ${local.missing}`, () => {});
	}
}
