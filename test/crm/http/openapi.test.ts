import { describe, expect, test } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type ApiServices, apiRoutes } from "../../../src/crm/Api.js";
import type { AnyRoute } from "../../../src/crm/http/Route.js";
import { Office } from "./given.js";

interface Operation {
	readonly operationId: string;
	readonly summary: string;
	readonly tags: readonly string[];
	readonly security: readonly object[];
	readonly parameters: readonly { readonly name?: string; readonly $ref?: string }[];
	readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
type Document = {
	readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
	readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

// Routes are declared without their services being asked for anything.
const routes: readonly AnyRoute[] = apiRoutes({} as ApiServices);

function typeOf(operationId: string): string {
	const { answer } = routes.find((each) => each.operationId === operationId) ?? {};
	return answer?.kind === "lines" ? "application/x-ndjson" : "application/json";
}

async function served(): Promise<Document> {
	const office = await Office.open();
	return (await (await office.ask("GET", "/api/openapi.json")).json()) as Document;
}

describe("/api/openapi.json", () => {
	test("is valid OpenAPI 3.1, and all its references lead somewhere", async () => {
		const document = await served();
		const validator = new Validator();
		const { valid, errors } = await validator.validate(structuredClone(document));
		expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
		expect(validator.version).toBe("3.1");
		for (const [, path = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
			const found = path.split("/").reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], document);
			expect([path, typeof found]).toEqual([path, "object"]);
		}
	});

	test("has every route, and nothing else", async () => {
		const { paths } = await served();
		const documented = Object.entries(paths).flatMap(([path, operations]) =>
			Object.keys(operations).map((method) => `${method} ${path}`),
		);
		expect(documented.sort()).toEqual(
			routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`).sort(),
		);
	});

	test("says of every route what it is, who may, and what may go wrong", async () => {
		const { paths } = await served();
		const operations = Object.values(paths).flatMap((each) => Object.values(each));
		expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
		for (const { operationId, summary, tags, security, parameters, responses } of operations) {
			expect([operationId, summary.length > 0, tags.length, Array.isArray(security)]).toEqual([
				operationId,
				true,
				1,
				true,
			]);
			expect(parameters.map(({ name = "", $ref = "" }) => name + $ref).sort()).toEqual(
				[...new Set(parameters.map(({ name = "", $ref = "" }) => name + $ref))].sort(),
			);
			const statuses = Object.keys(responses);
			for (const status of ["400", "429", "500", "503", ...(security.length > 0 ? ["401", "403"] : [])]) {
				expect([operationId, status, statuses.includes(status)]).toEqual([operationId, status, true]);
			}
			for (const [status, { content = {} }] of Object.entries(responses)) {
				const type =
					Number(status) >= 400 ? ["application/problem+json"] : status === "204" ? [] : [typeOf(operationId)];
				expect([operationId, status, Object.keys(content)]).toEqual([operationId, status, type]);
			}
		}
	});
});

test("the types of problems lead to what they mean", async () => {
	const office = await Office.open();
	const problem = (await (await office.ask("GET", "/api/me")).json()) as { type: string };
	expect(problem).toMatchObject({ type: "/api/problems/token_required", status: 401 });
	const explained = await office.ask("GET", problem.type);
	expect(await explained.json()).toMatchObject({ data: { code: "token_required", status: 401, retryable: false } });
});
