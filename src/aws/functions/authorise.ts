import { APP_ID } from "../../apps/Apps.js";
import { ConnectTickets } from "../../crm/access/ConnectTickets.js";
import { connectTickets } from "../../crm/access/records.js";
import type { WsEvent } from "../../handlers/events.js";
import { TOPIC } from "../../server/topic.js";
import { DynamoStorage } from "../../storage/dynamodb/DynamoStorage.js";

const { TABLE_PREFIX: prefix, STUDIO_APP_ID: fixed, APPS_SECRET_ID: secret } = process.env;
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
	// Which app is meant by who names none, of several in a secret, is for `ws` to find out.
	const app = fixed || appId || (secret ? undefined : "default");
	const Effect = !ticket || app === undefined || (await isThere(app, ticket)) ? "Allow" : "Deny";
	const Statement = [{ Action: "execute-api:Invoke", Effect, Resource }];
	return { principalId: ticket ? "ticket" : "none", policyDocument: { Version: "2012-10-17", Statement } };
}

async function isThere(app: string, ticket: string): Promise<boolean> {
	return APP_ID.test(app) && (await storage.get(connectTickets, [tickets.key(app, ticket)])) !== undefined;
}
