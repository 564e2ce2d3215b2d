import { BASE } from "../ApiPorts.js";
import type { AnyRoute } from "../Route.js";
import { PARAMETERS, parametersOf } from "./parameters.js";
import { permissionOf } from "./permissionOf.js";
import { HEADERS, responsesOf } from "./responses.js";
import { type Named, namedSchemas, refTo, type Schema } from "./schemas.js";

export interface DocumentOptions {
	readonly title: string;
	readonly version: string;
}

const INTRODUCTION = `Customers, conversations, agents, messages and files of the chat.

Answers are \`{ "data": … }\`; lists add \`nextCursor\` while there is more. Errors are problems (RFC 9457) with a stable \`code\`;
their \`errors\` name the fields that are wrong. Fields that aren't known are refused.

A change that carries \`If-Match\` with the record's \`ETag\` is made only if nobody changed it meanwhile. A creating \`POST\` that
carries an \`Idempotency-Key\` is done once, however often it's sent within a day.

Customers are told of other people's records that there are none (404); staff is told that they may not (403).`;

const SECURITY = [{ bearer: [] }, { apiKey: [] }, { identityId: [], identityHmac: [] }];
const SECURITY_SCHEMES = {
	bearer: {
		type: "http",
		scheme: "bearer",
		description:
			"An agent's access token (`/auth/login`), a customer's token, a JWT by which a site vouches for its visitor, or an API key.",
	},
	apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
	identityId: { type: "apiKey", in: "header", name: "X-Identity-Id", description: "The site's own id of its visitor." },
	identityHmac: {
		type: "apiKey",
		in: "header",
		name: "X-Identity-Hmac",
		description: "The hex HMAC-SHA256 of it under the secret that the site shares.",
	},
};

/** What all routes are, as OpenAPI 3.1. */
export function documentOf(routes: readonly AnyRoute[], { title, version }: DocumentOptions): Schema {
	const answers = namedSchemas(routes, "output");
	const bodies = namedSchemas(routes, "input");
	const paths: Record<string, Record<string, unknown>> = {};
	for (const route of routes) {
		const path = route.path.replace(/:(\w+)/g, "{$1}");
		paths[path] = { ...paths[path], [route.method]: operationOf(route, answers, bodies) };
	}
	return {
		openapi: "3.1.1",
		info: { title, version, description: INTRODUCTION, license: { name: "MIT", identifier: "MIT" } },
		servers: [{ url: BASE }],
		tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
		paths,
		components: {
			schemas: { ...bodies.schemas, ...answers.schemas },
			parameters: PARAMETERS,
			securitySchemes: SECURITY_SCHEMES,
			headers: HEADERS,
		},
	};
}

function operationOf(route: AnyRoute, answers: Named, bodies: Named): Schema {
	const { operationId, summary, description, body } = route;
	return {
		operationId,
		summary,
		description: [description, whoMay(route)].filter(Boolean).join("\n\n"),
		tags: [tagOf(route)],
		security: permissionOf(route) ? SECURITY : [],
		parameters: parametersOf(route),
		...(body && { requestBody: { required: true, content: { "application/json": { schema: refTo(body, bodies) } } } }),
		responses: responsesOf(route, answers),
	};
}

function tagOf({ action }: AnyRoute): string {
	return action.split(".")[0] ?? action;
}

function whoMay(route: AnyRoute): string {
	const permission = permissionOf(route);
	if (!permission) return "Anybody may.";
	const { customer, agent, admin, server } = permission;
	const people = Object.entries({ customer, agent, admin })
		.filter(([, reach]) => reach !== "none")
		.map(([role, reach]) => (reach === "own" ? `${role}: own` : `${role}: all`));
	return `Who may: ${[...people, ...(server === "none" ? [] : [`API key with \`${server}\``])].join(", ")}.`;
}
