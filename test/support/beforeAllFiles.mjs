import buildWriter from "./buildWriter.mjs";
import serveDynamodbLocal from "./dynamodbLocalOfRun.mjs";

/** Jest's setup before all test files. */
export default async function beforeAllFiles() {
	await Promise.all([buildWriter(), serveDynamodbLocal()]);
}
