import { RouterError } from "../protocol/errors.js";
import { isFields } from "./condition.js";
import type { Fields } from "./record.js";
import type { AnyCollection, Change, Json, Path } from "./Storage.js";

/**
 * Throws `invalid_path` if a path names a key field, or lies at or inside another path of the same change
 * (their order would matter, and there is none), or if what is added isn't a finite number.
 */
export function checkChange(collection: AnyCollection, change: Change): void {
	const paths = [...(change.set ?? []), ...(change.add ?? [])].map(([path]) => path).concat(change.remove ?? []);
	for (const [path, amount] of change.add ?? []) {
		if (Number.isFinite(amount)) continue;
		throw new RouterError("invalid_path", `A change adds something to ${JSON.stringify(path)} that's not a number.`);
	}
	const { hash, range } = collection.key;
	const whole = new Set<string>();
	const nested = new Set<string>();
	for (const path of paths) {
		const [field, inner] = typeof path === "string" ? [path] : path;
		const text = JSON.stringify(path);
		if (field === hash || field === range?.field) {
			throw new RouterError("invalid_path", `A change can't name "${field}", a key field of "${collection.name}".`);
		}
		if (whole.has(field) || nested.has(inner === undefined ? field : text)) {
			throw new RouterError("invalid_path", `A change names ${text} twice.`);
		}
		if (inner === undefined) whole.add(field);
		else nested.add(field).add(text);
	}
}

/** Applies a change (see `checkChange`) to a record of the caller's own. Throws `invalid_path`. */
export function applyChange(record: Fields, change: Change): void {
	for (const [path, value] of change.set ?? []) {
		const [parent, field] = place(record, path);
		assign(parent, field, value);
	}
	for (const [path, amount] of change.add ?? []) {
		const [parent, field] = place(record, path);
		const before = Object.hasOwn(parent, field) ? parent[field] : 0;
		const sum = typeof before === "number" ? before + amount : Number.NaN;
		if (!Number.isFinite(sum)) {
			throw new RouterError("invalid_path", `A change adds to ${JSON.stringify(path)}, which doesn't hold a number.`);
		}
		assign(parent, field, sum);
	}
	for (const path of change.remove ?? []) {
		const [parent, field] = place(record, path);
		delete parent[field];
	}
}

function place(record: Fields, path: Path): [parent: Fields, field: string] {
	if (typeof path === "string") return [record, path];
	const parent = Object.hasOwn(record, path[0]) ? record[path[0]] : undefined;
	if (isFields(parent)) return [parent, path[1]];
	throw new RouterError("invalid_path", `A change names ${JSON.stringify(path)}, but "${path[0]}" isn't an object.`);
}

/** An assignment to `__proto__` would set the prototype, not a field. */
function assign(fields: Fields, field: string, value: Json): void {
	if (field !== "__proto__") fields[field] = value;
	else Object.defineProperty(fields, field, { value, enumerable: true, configurable: true, writable: true });
}
