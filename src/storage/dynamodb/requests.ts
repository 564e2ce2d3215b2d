import type { PreparedWrite } from "../evaluate.js";
import type { Fields } from "../record.js";
import { conditionExpression, Placeholders, updateExpression } from "./expressions.js";
import { tableName } from "./tables.js";
import { toItem, toKey } from "./values.js";

/** A write as DynamoDB wants it, good for a single command and for a transaction. Throws `invalid_query`. */
export function toRequest({ collection, key, condition, action }: PreparedWrite, prefix: string, now: number) {
	const placeholders = new Placeholders();
	const updates = "update" in action;
	const ConditionExpression = conditionExpression(collection, condition, now, updates, placeholders);
	const UpdateExpression = updates ? updateExpression(collection, action.update, placeholders) : undefined;
	const common = {
		TableName: tableName(prefix, collection),
		...placeholders.parameters(),
		...(ConditionExpression && { ConditionExpression, ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }),
	};
	if ("put" in action) return { Put: { ...common, Item: toItem(JSON.parse(action.put.text) as Fields) } };
	const Key = toKey(collection, key);
	if (updates) return { Update: { ...common, Key, UpdateExpression } };
	if ("delete" in action) return { Delete: { ...common, Key } };
	// A check of no tests always holds, but DynamoDB wants to be told.
	const { hash } = collection.key;
	const always = {
		ConditionExpression: "attribute_exists(#hash) OR attribute_not_exists(#hash)",
		ExpressionAttributeNames: { "#hash": hash },
	};
	return { ConditionCheck: { ...always, ...common, Key } };
}
