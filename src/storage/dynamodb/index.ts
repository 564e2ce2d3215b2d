export { DynamoStorage, type DynamoStorageOptions } from "./DynamoStorage.js";
export { createTables, tableDefinition, timeToLive } from "./tables.js";
