import type { AnyRoute } from "../Route.js";
import { fieldsOf, type Schema } from "./schemas.js";

/** Parameters that many routes take. */
export const PARAMETERS = {
	appId: {
		name: "appId",
		in: "query",
		description: "The app that's meant. Where there's one only, it needn't be said.",
		schema: { type: "string", maxLength: 64 },
	},
	ifMatch: {
		name: "If-Match",
		in: "header",
		description: "The `ETag` of the record as it was read; `*`: any.",
		schema: { type: "string" },
		example: '"3"',
	},
	idempotencyKey: {
		name: "Idempotency-Key",
		in: "header",
		description: "The same request with the same key is done once within a day. A UUID is a good one.",
		schema: { type: "string", maxLength: 255 },
		example: "0b9c1f6e-3d0f-4a3e-9a0f-0e7a3c0b7f11",
	},
} as const;

/** What a route takes besides a body. */
export function parametersOf({ path, query, conditional, idempotent }: AnyRoute): Schema[] {
	const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
		name,
		in: "path",
		required: true,
		schema: { type: "string", maxLength: 250 },
	}));
	const { properties, required } = query ? fieldsOf(query) : { properties: {}, required: [] };
	const inQuery = Object.entries(properties).map(([name, schema]) => {
		const { description, ...rest } = schema;
		return { name, in: "query", required: required.includes(name), description, schema: rest };
	});
	const ref = (name: keyof typeof PARAMETERS) => ({ $ref: `#/components/parameters/${name}` });
	return [
		...inPath,
		...inQuery,
		ref("appId"),
		...(conditional ? [ref("ifMatch")] : []),
		...(idempotent ? [ref("idempotencyKey")] : []),
	];
}
