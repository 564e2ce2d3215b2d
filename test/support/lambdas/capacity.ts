import { isDeepStrictEqual } from "node:util";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "../../../src/storage/dynamodb/values.js";
import type { AnyCollection } from "../../../src/storage/Storage.js";

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;

/**
 * The size that DynamoDB bills an item by: names and values, as
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html has it.
 */
export function itemBytes(item: Item): number {
	return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(value: AttributeValue): number {
	if (value.S !== undefined) return Buffer.byteLength(value.S);
	if (value.N !== undefined) return numberBytes(value.N);
	if (value.L !== undefined) return 3 + value.L.reduce((sum, each) => sum + 1 + valueBytes(each), 0);
	if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemBytes(value.M);
	return 1;
}

/** A byte for each two significant digits, one more, and one for a minus. */
function numberBytes(text: string): number {
	const digits = text.replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length;
	return Math.ceil(digits / 2) + 1 + (text.startsWith("-") ? 1 : 0);
}

/** Units of a write: of the larger one of the item before and after it; twice as many in a transaction. */
export function writeUnits(bytes: number, inTransaction: boolean): number {
	return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES)) * (inTransaction ? 2 : 1);
}

/** Units of a read; half as many where it needn't be consistent. */
export function readUnits(bytes: number, isConsistent: boolean): number {
	return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (isConsistent ? 1 : 0.5);
}

/**
 * Units of a write to a table's indexes, which have all fields: one for each KB of an index's item that is put, changed or
 * removed, and both where its key changes. They follow a transaction, and aren't part of it.
 */
export function indexUnits({ indexes = {} }: AnyCollection, before: Item | undefined, after: Item | undefined): number {
	return Object.values(indexes).reduce((sum, { hash, range }) => {
		const fields = [hash, ...(range ? [range.field] : [])];
		const keyIn = (item: Item | undefined) =>
			item && fields.every((field) => item[field]) ? JSON.stringify(fields.map((field) => item[field])) : undefined;
		const [was, is] = [keyIn(before), keyIn(after)];
		if (was === is) {
			const isSame = was === undefined || isDeepStrictEqual(before, after);
			return sum + (isSame ? 0 : units(Math.max(itemBytes(before ?? {}), itemBytes(after ?? {}))));
		}
		return sum + (was && before ? units(itemBytes(before)) : 0) + (is && after ? units(itemBytes(after)) : 0);
	}, 0);
}

function units(bytes: number): number {
	return writeUnits(bytes, false);
}
