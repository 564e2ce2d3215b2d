import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { collections } from "stentor-chat-router";
import { createTables } from "stentor-chat-router/dynamodb";

const client = new DynamoDBClient();
await createTables(client, collections, process.env.TABLE_PREFIX || "your-topic-");
client.destroy();
