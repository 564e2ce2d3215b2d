import { ConnectTickets } from "../../crm/access/ConnectTickets.js";
import { connectTickets } from "../../crm/access/records.js";
import type { WsEvent } from "../../handlers/events.js";
import { TOPIC } from "../../server/topic.js";
import { DynamoStorage } from "../../storage/dynamodb/DynamoStorage.js";

const { TABLE_PREFIX: prefix, STUDIO_APP_ID: fixed } = process.env;
const storage = new DynamoStorage({ prefix });
const tickets = new ConnectTickets({ topic: TOPIC, storage, clock: Date.now });

/** What API Gateway asks an authoriser of `$connect`. */
type AuthoriserEvent = Pick<WsEvent, "queryStringParameters"> & { readonly methodArn: string };

/**
 * Refuses a connection with a ticket that isn't there, or isn't any more, before `ws` starts for it; API Gateway answers
 * 403. It only looks: `ws` redeems the ticket, and judges whoever comes with a token, or with nothing.
 */
export async function handler({ queryStringParameters: query, methodArn: Resource }: AuthoriserEvent) {
	const { ticket, appId } = query ?? {};
	const app = fixed || appId || "default";
	const isThere = !ticket || (await storage.get(connectTickets, [tickets.key(app, ticket)])) !== undefined;
	const Effect = isThere ? "Allow" : "Deny";
	const Statement = [{ Action: "execute-api:Invoke", Effect, Resource }];
	return { principalId: ticket ? "ticket" : "none", policyDocument: { Version: "2012-10-17", Statement } };
}
