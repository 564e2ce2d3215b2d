import { bundleTypeScript } from "../../scripts/bundleTypeScript.mjs";
import serveDynamodbLocal from "./dynamodbLocalOfRun.mjs";

/** Jest's setup before all test files; what writerFile.ts names is built from its source. */
export default async function beforeAllFiles() {
	const writer = bundleTypeScript("src/storage/libsql/writerProgram.ts", "test/.build/libsql-writer.js");
	await Promise.all([writer, serveDynamodbLocal()]);
}
