import { crmCollections } from "../crm/collections.js";
import { collections } from "../delivery/records.js";
import { serverKeys } from "../server/aliasSecret.js";
import type { AnyCollection } from "../storage/Storage.js";
import { wordCollections } from "../storage/words/index.js";

/** Everything that is kept in DynamoDB. */
export const awsCollections: readonly AnyCollection[] = [
	...collections,
	...crmCollections,
	...wordCollections,
	serverKeys,
];
