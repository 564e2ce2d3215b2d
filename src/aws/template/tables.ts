import type { StreamViewType } from "@aws-sdk/client-dynamodb";
import { conversationActivity } from "../../crm/conversations/activity.js";
import { conversations } from "../../crm/conversations/records.js";
import { connections } from "../../delivery/records.js";
import { tableDefinition, timeToLive } from "../../storage/dynamodb/tables.js";
import type { AnyCollection } from "../../storage/Storage.js";
import { awsCollections } from "../collections.js";
import type { Resources } from "./Resource.js";

/** What begins the tables' names; `serverless.yml` says what it is. */
export const PREFIX = `\${self:custom.tablePrefix}`;

/** The logical id of a collection's table. */
export function tableId({ name }: Pick<AnyCollection, "name">): string {
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}Table`;
}

/** Streams that the storage doesn't read: connections' have greetings sent, conversations' have desks told. */
const STREAMED: { readonly [collection: string]: StreamViewType } = {
	[connections.name]: "NEW_IMAGE",
	[conversations.name]: "NEW_AND_OLD_IMAGES",
	[conversationActivity.name]: "KEYS_ONLY",
};

/** The tables as CloudFormation resources: as `createTables` makes them, and kept, whatever happens to the stack. */
export function tableResources(): Resources {
	return Object.fromEntries(awsCollections.map((collection) => [tableId(collection), tableResource(collection)]));
}

function tableResource(collection: AnyCollection): Resources[string] {
	const { StreamSpecification: stream, ...table } = tableDefinition(collection, PREFIX);
	const ends = timeToLive(collection, PREFIX)?.TimeToLiveSpecification;
	const view = stream?.StreamViewType ?? STREAMED[collection.name];
	return {
		Type: "AWS::DynamoDB::Table",
		DeletionPolicy: `\${self:custom.deletion}`,
		UpdateReplacePolicy: "Retain",
		Properties: {
			...table,
			DeletionProtectionEnabled: `\${self:custom.keepsData}`,
			PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
			...(ends && { TimeToLiveSpecification: ends }),
			...(view && { StreamSpecification: { StreamViewType: view } }),
		},
	};
}
