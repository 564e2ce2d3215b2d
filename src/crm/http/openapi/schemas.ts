import * as z from "zod/mini";
import { problem } from "../problem.js";
import type { AnyRoute } from "../Route.js";

/** A part of the document. */
export type Schema = Readonly<Record<string, unknown>>;

/** Schemas that are told once, under their names. */
export interface Named {
	readonly nameOf: ReadonlyMap<z.ZodMiniType, string>;
	readonly schemas: Readonly<Record<string, Schema>>;
}

/** The schemas of bodies (`input`) or of answers, each once, with references between them. */
export function namedSchemas(routes: readonly AnyRoute[], io: "input" | "output"): Named {
	const registry = z.registry<{ id: string }>();
	const nameOf = new Map<z.ZodMiniType, string>();
	const name = (schema: z.ZodMiniType | undefined, otherwise: string) => {
		if (!schema || nameOf.has(schema)) return;
		const id = z.globalRegistry.get(schema)?.id ?? otherwise;
		nameOf.set(schema, id);
		registry.add(schema, { id });
	};
	for (const { operationId, body, answer } of routes) {
		const capital = operationId.charAt(0).toUpperCase() + operationId.slice(1);
		if (io === "input") name(body, capital);
		else name(answer.schema, `${capital}Answer`);
	}
	if (io === "output") name(problem, "Problem");
	const { schemas } = z.toJSONSchema(registry, { ...OPTIONS, io, uri: (id) => `${PLACE}${id}` });
	return {
		nameOf,
		schemas: Object.fromEntries(
			Object.entries(schemas)
				.filter(([id]) => id !== SHARED)
				.map(([id, schema]) => [id, plain(schema)]),
		),
	};
}

/** What an object's fields are, by their names. */
export function fieldsOf(schema: z.ZodMiniType): {
	readonly properties: Readonly<Record<string, Schema>>;
	readonly required: readonly string[];
} {
	const { properties = {}, required = [] } = z.toJSONSchema(schema, { ...OPTIONS, io: "input" });
	return { properties: properties as Record<string, Schema>, required };
}

export function refTo(schema: z.ZodMiniType, { nameOf }: Named): Schema {
	return { $ref: `${PLACE}${nameOf.get(schema)}` };
}

const PLACE = "#/components/schemas/";
/** Where zod puts what refers to itself. Of ours, that is any value of JSON. */
const SHARED = "__shared";

const OPTIONS = { unrepresentable: "any", override: simplify } as const;

/** Leaves out what says nothing to a reader. */
function simplify({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
	if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
	if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
	if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
	// An array that mustn't be changed by us is no field that mustn't be sent.
	delete jsonSchema.readOnly;
}

/** Without what OpenAPI says elsewhere. */
function plain({ $schema: _, $id: __, id: ___, ...schema }: Schema): Schema {
	return JSON.parse(JSON.stringify(schema), (_key, value) =>
		String(value?.$ref).startsWith(PLACE + SHARED) ? { description: "Any value of JSON." } : value,
	);
}
