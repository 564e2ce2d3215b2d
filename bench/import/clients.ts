// What a Lambda without this package would load: the AWS clients alone, made and used as they are by the quick start.
import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient();
export const management = new ApiGatewayManagementApiClient();

export async function handler(event: { requestContext: { connectionId: string } }): Promise<{ statusCode: number }> {
	const Item = { connection: { S: event.requestContext.connectionId } };
	await client.send(new PutItemCommand({ TableName: "connections", Item }));
	return { statusCode: 200 };
}
