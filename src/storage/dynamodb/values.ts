import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Fields } from "../record.js";
import type { AnyCollection, Json, Key } from "../Storage.js";

/** A record as DynamoDB has it. */
export type Item = Record<string, AttributeValue>;

/**
 * A string that begins with NUL isn't what it seems: NUL alone is the empty string (older engines refuse those), two
 * are one, and `NUL j` is followed by the JSON of what DynamoDB can't hold. The order of the strings stays.
 */
const ESCAPE = "\u0000";
const AS_JSON = `${ESCAPE}j`;

/** Half of a character: has no UTF-8 form. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** DynamoDB takes 32 levels; what lies deeper is kept as JSON. */
const DEEPEST = 30;

/** DynamoDB's numbers: from 1E-130 to 9.99…E+125, and 38 digits (a double has 17). */
const SMALLEST = 1e-130;
const TOO_LARGE = 1e126;

/** Never throws: whatever JSON allows has a form in DynamoDB. */
export function toAttribute(value: Json, level = 1): AttributeValue {
	if (value === null) return { NULL: true };
	if (typeof value === "boolean") return { BOOL: value };
	if (typeof value === "string") return { S: toText(value) };
	if (typeof value === "number") {
		const size = Math.abs(value);
		const fits = size === 0 || (size >= SMALLEST && size < TOO_LARGE);
		return fits ? { N: String(value) } : { S: AS_JSON + JSON.stringify(value) };
	}
	if (level > DEEPEST) return { S: AS_JSON + JSON.stringify(value) };
	if (Array.isArray(value)) return { L: value.map((element: Json) => toAttribute(element, level + 1)) };
	return { M: toItem(value as Fields, level + 1) };
}

export function fromAttribute(value: AttributeValue): Json {
	if (value.S !== undefined) return fromText(value.S);
	if (value.N !== undefined) return Number(value.N);
	if (value.BOOL !== undefined) return value.BOOL;
	if (value.L !== undefined) return value.L.map(fromAttribute);
	return value.M === undefined ? null : fromItem(value.M);
}

export function toItem(fields: Fields, level = 1): Item {
	const item: [string, AttributeValue][] = [];
	for (const [field, value] of Object.entries(fields)) {
		if (value !== undefined) item.push([toName(field), toAttribute(value, level)]);
	}
	return Object.fromEntries(item);
}

export function fromItem(item: Item): Fields {
	return Object.fromEntries(
		Object.entries(item).map(([field, value]) => [String(fromText(field)), fromAttribute(value)]),
	);
}

/** The key's fields, as DynamoDB wants them to name one item. */
export function toKey({ key: { hash, range } }: AnyCollection, [first, second]: Key): Item {
	return toItem({ [hash]: first, ...(range && { [range.field]: second }) });
}

/** Names of fields are escaped like texts: JSON allows an empty one. And the SDK loses what is called `__proto__`. */
export function toName(field: string): string {
	return field === "__proto__" ? AS_JSON + JSON.stringify(field) : toText(field);
}

function toText(text: string): string {
	if (text === "" || text.startsWith(ESCAPE)) return ESCAPE + text;
	return LONE_SURROGATE.test(text) ? AS_JSON + JSON.stringify(text) : text;
}

function fromText(text: string): Json {
	if (!text.startsWith(ESCAPE)) return text;
	return text.startsWith(AS_JSON) ? (JSON.parse(text.slice(AS_JSON.length)) as Json) : text.slice(ESCAPE.length);
}
