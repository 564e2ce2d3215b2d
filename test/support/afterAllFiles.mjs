/** Jest's teardown after all test files. */
export { stopDynamodbLocal as default } from "./dynamodbLocalOfRun.mjs";
