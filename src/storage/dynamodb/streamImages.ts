import type { AnyCollection } from "../Storage.js";
import { fromItem, type Item } from "./values.js";

/** What is read of a record of a DynamoDB stream, as Lambdas are given them. */
export interface StreamRecord {
	/** `INSERT`, `MODIFY` or `REMOVE`. */
	readonly eventName?: string;
	/** Names the table. */
	readonly eventSourceARN?: string;
	readonly dynamodb?: {
		readonly SequenceNumber?: string;
		readonly Keys?: unknown;
		readonly OldImage?: unknown;
		readonly NewImage?: unknown;
	};
}

/** What happened to a record of this kind, as far as the stream tells: its key's fields, and how it was and is. */
export function streamedChange<R extends object>({
	dynamodb: { Keys, OldImage, NewImage } = {},
}: StreamRecord): { readonly key: Partial<R>; readonly before?: R; readonly after?: R } {
	const read = (image: unknown) => image && fromItem(image as Item);
	return {
		key: read(Keys) as Partial<R>,
		before: read(OldImage) as R | undefined,
		after: read(NewImage) as R | undefined,
	};
}

/** Whether an event is of the table that holds a collection. */
export function isOf({ name }: AnyCollection, prefix: string, { eventSourceARN = "" }: StreamRecord): boolean {
	return eventSourceARN.split("/")[1] === prefix + name;
}

/** The record of this kind that was inserted; undefined for any other event. */
export function insertedRecord<R extends object>(event: StreamRecord): R | undefined {
	const image = event.dynamodb?.NewImage;
	return event.eventName === "INSERT" && image ? (fromItem(image as Item) as R) : undefined;
}
