import type { Collection } from "../Storage.js";
import { fromItem, type Item } from "./values.js";

/** What is read of a record of a DynamoDB stream, as Lambdas are given them. */
export interface StreamRecord {
	/** `INSERT`, `MODIFY` or `REMOVE`. */
	readonly eventName?: string;
	readonly dynamodb?: { readonly SequenceNumber?: string; readonly NewImage?: unknown };
}

/** The record that was inserted into a collection; undefined for any other event. */
export function insertedRecord<R extends object>(_: Collection<R>, event: StreamRecord): R | undefined {
	const image = event.dynamodb?.NewImage;
	return event.eventName === "INSERT" && image ? (fromItem(image as Item) as R) : undefined;
}
