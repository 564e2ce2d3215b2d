import type { Fields } from "./record.js";
import type { Condition, Json, Path, Test } from "./Storage.js";

/** Whether the condition holds for a record; undefined stands for an absent one. */
export function holds(condition: Condition, record: Fields | undefined): boolean {
	if (condition === "absent") return record === undefined;
	return condition.every((test) => testHolds(test, record));
}

function testHolds(test: Test, record: Fields | undefined): boolean {
	const value = valueAt(record, test.path);
	if ("eq" in test) return value === test.eq;
	if ("exists" in test) return (value !== undefined) === test.exists;
	return value === undefined || (typeof value === "number" && value < test.below);
}

function valueAt(record: Fields | undefined, path: Path): Json | undefined {
	if (typeof path === "string") return own(record, path);
	const parent = own(record, path[0]);
	return isFields(parent) ? own(parent, path[1]) : undefined;
}

/** Only what the record has itself: a participant may be called "constructor". */
function own(fields: Fields | undefined, field: string): Json | undefined {
	return fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
}

/** Whether this JSON value is an object, with fields. */
export function isFields(value: Json | undefined): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
