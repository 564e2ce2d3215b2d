import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { RouterError } from "../../protocol/errors.js";
import { holds } from "../condition.js";
import { checkKeyPart } from "../key.js";
import type { AnyCollection, Change, Condition, Json, KeyDeclaration, Path, Range, Test } from "../Storage.js";
import { type Item, toAttribute, toName } from "./values.js";

/** The names and values of one request's expressions. Placeholders throughout: any field may be a reserved word. */
export class Placeholders {
	private readonly names = new Map<string, string>();
	private readonly values: Item = {};

	path(path: Path): string {
		return typeof path === "string" ? this.name(path) : path.map((field) => this.name(field)).join(".");
	}

	value(value: Json): string {
		return this.attribute(toAttribute(value));
	}

	attribute(value: AttributeValue): string {
		const placeholder = `:${Object.keys(this.values).length}`;
		this.values[placeholder] = value;
		return placeholder;
	}

	/** What a request needs beside its expressions; DynamoDB refuses empty ones. */
	parameters(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Item } {
		return {
			...(this.names.size > 0 && {
				ExpressionAttributeNames: Object.fromEntries([...this.names].map(([name, placeholder]) => [placeholder, name])),
			}),
			...(Object.keys(this.values).length > 0 && { ExpressionAttributeValues: this.values }),
		};
	}

	private name(field: string): string {
		const name = toName(field);
		const placeholder = this.names.get(name) ?? `#${this.names.size}`;
		this.names.set(name, placeholder);
		return placeholder;
	}
}

/**
 * A record past its end that DynamoDB still has counts as absent, at `now` (ms). Changes would keep its fields, so for
 * an `update` such a record fails the condition, whatever it says.
 */
export function conditionExpression(
	collection: AnyCollection,
	condition: Condition | undefined,
	now: number,
	updates: boolean,
	placeholders: Placeholders,
): string | undefined {
	const absent = () => `attribute_not_exists(${placeholders.path(collection.key.hash)})`;
	const tests =
		condition === "absent" ? absent() : condition?.map((test) => testExpression(test, placeholders)).join(" AND ");
	if (collection.expires === undefined) return tests || undefined;
	if (!updates && !tests) return undefined;
	if (updates && condition === "absent") return tests;
	const past = `${placeholders.path(collection.expires)} <= ${placeholders.value(now / 1000)}`;
	if (!updates && condition && holds(condition, undefined)) return `${past} OR (${tests})`;
	// Not "later than now": a record without an end has none that could be compared.
	return tests ? `(NOT ${past}) AND ${tests}` : `NOT ${past}`;
}

function testExpression(test: Test, placeholders: Placeholders): string {
	const path = placeholders.path(test.path);
	if ("eq" in test) return `${path} = ${placeholders.value(test.eq)}`;
	if ("exists" in test) return `${test.exists ? "attribute_exists" : "attribute_not_exists"}(${path})`;
	const bound = toAttribute(test.below);
	if (bound.N === undefined) {
		throw new RouterError("invalid_query", `${test.below} is outside of what DynamoDB can compare with.`);
	}
	return `(attribute_not_exists(${path}) OR ${path} < ${placeholders.attribute(bound)})`;
}

/** Throws `invalid_query` if an index's field is set to what can't be a key. */
export function updateExpression(
	collection: AnyCollection,
	change: Change,
	placeholders: Placeholders,
): string | undefined {
	const sets = (change.set ?? []).map(([path, value]) => {
		if (typeof path === "string") checkIndexed(collection, path, value);
		return `${placeholders.path(path)} = ${placeholders.value(value)}`;
	});
	// Not DynamoDB's own ADD, which is for top-level fields only.
	const zero = change.add?.length ? placeholders.value(0) : "";
	for (const [path, amount] of change.add ?? []) {
		const field = placeholders.path(path);
		sets.push(`${field} = if_not_exists(${field}, ${zero}) + ${placeholders.value(amount)}`);
	}
	const removes = (change.remove ?? []).map((path) => placeholders.path(path));
	const clauses = [
		...(sets.length > 0 ? [`SET ${sets.join(", ")}`] : []),
		...(removes.length > 0 ? [`REMOVE ${removes.join(", ")}`] : []),
	];
	return clauses.join(" ") || undefined;
}

/** DynamoDB checks the type by itself, but would take an escaped empty string. */
function checkIndexed(collection: AnyCollection, field: string, value: Json): void {
	for (const { hash, range } of Object.values(collection.indexes ?? {})) {
		if (hash === field) checkKeyPart(field, "string", value);
		if (range?.field === field) checkKeyPart(field, range.type, value);
	}
}

export function keyExpression(
	key: KeyDeclaration,
	hash: string,
	range: Range | undefined,
	placeholders: Placeholders,
): string {
	const first = `${placeholders.path(key.hash)} = ${placeholders.value(hash)}`;
	return range && key.range ? `${first} AND ${rangeExpression(key.range.field, range, placeholders)}` : first;
}

function rangeExpression(field: string, range: Range, placeholders: Placeholders): string {
	const path = placeholders.path(field);
	if ("eq" in range) return `${path} = ${placeholders.value(range.eq)}`;
	if ("after" in range) return `${path} > ${placeholders.value(range.after)}`;
	if ("from" in range) return `${path} >= ${placeholders.value(range.from)}`;
	if ("before" in range) return `${path} < ${placeholders.value(range.before)}`;
	if ("to" in range) return `${path} <= ${placeholders.value(range.to)}`;
	if ("prefix" in range) return `begins_with(${path}, ${placeholders.value(range.prefix)})`;
	const [low, high] = range.between;
	return `${path} BETWEEN ${placeholders.value(low)} AND ${placeholders.value(high)}`;
}
