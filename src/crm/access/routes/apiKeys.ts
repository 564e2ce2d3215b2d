import * as z from "zod/mini";
import { many, none, one } from "../../http/answers.js";
import { listQuery } from "../../http/listQuery.js";
import { route, theApp } from "../../http/Route.js";
import { SCOPES } from "../Actor.js";
import { type ApiKey, type ApiKeys, newApiKey } from "../ApiKeys.js";

const shape = z.strictObject({
	id: z.string(),
	name: z.string(),
	scopes: z.array(z.enum(SCOPES)),
	createdAt: z.iso.datetime(),
});
const apiKey: z.ZodMiniType<ApiKey> = shape.with(z.meta({ id: "ApiKey" }));
const madeKey: z.ZodMiniType<ApiKey & { readonly key: string }> = z
	.extend(shape, { key: z.string().with(z.meta({ description: "The key itself. It's told this once." })) })
	.with(z.meta({ id: "MadeApiKey" }));

export interface ApiKeyServices {
	readonly apiKeys: ApiKeys;
	/** Forgets what was proved of somebody a moment ago. */
	readonly authentication: { forget(app: string, id: string): void };
}

/** The routes of API keys. */
export function apiKeyRoutes({ apiKeys, authentication }: ApiKeyServices) {
	return [
		route({
			method: "post",
			path: "/api-keys",
			action: "apiKeys.create",
			operationId: "createApiKey",
			summary: "Make an API key",
			body: newApiKey(),
			answer: one(madeKey),
			status: 201,
			touches: theApp,
			handle: ({ app, body }) => apiKeys.create(app, body),
		}),
		route({
			method: "get",
			path: "/api-keys",
			action: "apiKeys.list",
			operationId: "listApiKeys",
			summary: "List API keys",
			description: "The oldest first, without the keys themselves.",
			query: listQuery({}),
			answer: many(apiKey),
			touches: theApp,
			async handle({ app, query }) {
				const page = await apiKeys.list(app, query);
				return { items: page.keys, nextCursor: page.cursor };
			},
		}),
		route({
			method: "delete",
			path: "/api-keys/:id",
			action: "apiKeys.revoke",
			operationId: "revokeApiKey",
			summary: "End an API key",
			description: "At once. One that isn't there is over already.",
			answer: none,
			touches: theApp,
			async handle({ app, params: { id } }) {
				await apiKeys.revoke(app, id);
				authentication.forget(app, id);
			},
		}),
	] as const;
}
