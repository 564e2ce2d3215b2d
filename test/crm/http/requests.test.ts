import { request as httpRequest } from "node:http";
import { describe, expect, test } from "@jest/globals";
import type { Problem } from "../../../src/crm/http/problem.js";
import { BODY_BYTES } from "../../../src/crm/http/requestBody.js";
import { APP, Office, PASSWORD } from "./given.js";

async function problem(answer: Response): Promise<Problem> {
	expect(answer.headers.get("content-type")).toBe("application/problem+json");
	const told = (await answer.json()) as Problem;
	expect(told.status).toBe(answer.status);
	expect(told.requestId).toBe(answer.headers.get("x-request-id"));
	return told;
}

describe("a request that can't be understood", () => {
	test("has no such route, or no such method: both are problems", async () => {
		const office = await Office.open();
		for (const path of ["/api/nothing", "/api/customers/1/2", "/api", "/api/problems/nothing"]) {
			expect(await problem(await office.ask("GET", path))).toMatchObject({ code: "route_unknown", status: 404 });
		}
		const answer = await office.ask("DELETE", "/api/customers/1");
		expect(answer.headers.get("allow")).toBe("GET, HEAD, PUT, OPTIONS");
		expect(await problem(answer)).toMatchObject({ code: "method_not_allowed", status: 405 });
		expect((await office.ask("PATCH", "/api/customers/search")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
	});

	test.each([
		["no JSON", "{", "", "body"],
		["nothing", "", "", "body"],
		["null", "null", "", "body"],
		["a list", "[]", "", "body"],
		["too deep", `{"customFields":${'{"a":'.repeat(40)}1${"}".repeat(41)}`, "", "body"],
		["__proto__", '{"__proto__":{"a":1}}', "", "body"],
		["an unknown field", '{"email":"a@example.com","name":"A","rôle":"x"}', "rôle", "body"],
		["a field inside a field", '{"email":"a@example.com","name":"A","tags":["a",1]}', "tags.1", "body"],
	])("body: %s", async (_, body, field, place) => {
		const office = await Office.open();
		const answer = await office.ask("POST", "/api/customers", { token: await office.staff(), body });
		const { code, errors = [] } = await problem(answer);
		expect(code).toBe("invalid_input");
		expect(errors).toContainEqual(expect.objectContaining({ in: place, field }));
	});

	test("errors never repeat what was sent", async () => {
		const office = await Office.open();
		const body = JSON.stringify({ email: "secret-word", name: ["secret-word"], company: { a: "secret-word" } });
		const answer = await office.ask("POST", "/api/customers", { token: await office.staff(), body });
		expect(await answer.text()).not.toContain("secret-word");
		expect(JSON.stringify(office.notes.lines)).not.toContain("secret-word");
	});

	test("isn't JSON by its type, or is too large, with and without a length", async () => {
		const office = await Office.open();
		const token = await office.staff();
		const form = { token, body: "email=a", "content-type": "application/x-www-form-urlencoded" };
		expect(await problem(await office.ask("POST", "/api/customers", form))).toMatchObject({ status: 415 });
		const body = JSON.stringify({ name: "x".repeat(BODY_BYTES) });
		expect(await problem(await office.ask("POST", "/api/customers", { token, body }))).toMatchObject({
			code: "body_too_large",
			status: 413,
		});
		expect(await chunked(office, token, body)).toBe(413);
		expect(await chunked(office, token, JSON.stringify({ email: "a@example.com", name: "A" }))).toBe(201);
	});

	test("query, path and headers: the place and the field are named", async () => {
		const office = await Office.open();
		const token = await office.staff();
		const cases = [
			["GET", "/api/customers?limit=0", "query limit"],
			["GET", "/api/customers?limit=101", "query limit"],
			["GET", "/api/customers?limit=x", "query limit"],
			["GET", "/api/customers?colour=red", "query colour"],
			["GET", "/api/customers?company=a&company=b", "query company"],
			["GET", "/api/customers/search", "query email"],
			["GET", `/api/customers/${"a".repeat(251)}`, "path id"],
			["GET", "/api/me?appId=a&appId=b", "query "],
		] as const;
		for (const [method, path, wrong] of cases) {
			const { code, errors = [] } = await problem(await office.ask(method, path, { token }));
			expect([path, code, errors.map((each) => `${each.in} ${each.field}`)]).toEqual([path, "invalid_input", [wrong]]);
		}
		const filters = await office.ask("GET", "/api/customers?company=a&tag=b", { token });
		expect(await problem(filters)).toMatchObject({ code: "invalid_input" });
		expect(await problem(await office.ask("GET", "/api/customers?cursor=x", { token }))).toMatchObject({
			code: "invalid_query",
			status: 400,
		});
	});

	test("a body where none is taken", async () => {
		const office = await Office.open();
		const token = await office.staff();
		expect((await office.ask("POST", "/api/connect-ticket", { token, body: "{}" })).status).toBe(201);
		const answer = await office.ask("POST", "/api/connect-ticket", { token, body: '{"for":"me"}' });
		expect((await problem(answer)).errors).toEqual([{ in: "body", field: "for", message: "isn't known here" }]);
	});
});

describe("every answer", () => {
	test("carries a request's id: its own, where it's of a good form", async () => {
		const office = await Office.open();
		const id = async (given?: string) =>
			(await office.ask("GET", "/api/me", { "x-request-id": given })).headers.get("x-request-id");
		expect(await id("trace-1.a:b")).toBe("trace-1.a:b");
		for (const bad of ["with blank", "x".repeat(65), '"quote"'])
			expect(await id(bad)).toMatch(/^[\w-]{22}\.[0-9a-z]+$/);
		expect(await id()).not.toBe(await id());
	});

	test("is for nobody's cache, frame or guess", async () => {
		const office = await Office.open();
		for (const path of ["/api/me", "/api/nothing", "/api/openapi.json"]) {
			const { headers } = await office.ask("GET", path);
			expect(headers.get("cache-control")).toBe("no-store");
			expect(headers.get("x-content-type-options")).toBe("nosniff");
			expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
		}
	});

	test("to HEAD has no body", async () => {
		const office = await Office.open();
		const answer = await office.ask("HEAD", "/api/me", { token: await office.staff() });
		expect([answer.status, await answer.text()]).toEqual([200, ""]);
	});

	test("to what went wrong here tells nothing of it, and the log has it under the request's id", async () => {
		const office = await Office.open();
		const token = await office.staff();
		office.crm.customers.list = async () => {
			throw new Error("the secret of the house");
		};
		const answer = await office.ask("GET", "/api/customers", { token, "x-request-id": "mine" });
		const told = await problem(answer);
		expect(told).toMatchObject({ code: "internal", status: 500, retryable: true });
		expect(JSON.stringify(told)).not.toContain("secret");
		expect(office.notes.errors).toEqual([
			expect.objectContaining({ event: "request failed", fields: { route: "get /customers", requestId: "mine" } }),
		]);
	});

	test("leaves a line in the log that holds no token, no body and no query", async () => {
		const office = await Office.open();
		const { email } = { email: "ada@example.com" };
		await office.crm.accounts.create(APP, { email, name: "Ada" }, { password: PASSWORD });
		const login = await office.client().api.auth.login.$post({ json: { email, password: PASSWORD } });
		const { data } = await login.json();
		await office.ask("GET", `/api/customers/search?email=${email}`, { token: data.accessToken });
		const log = JSON.stringify(office.notes.lines);
		expect(office.notes.lines).toContainEqual(
			expect.objectContaining({ fields: expect.objectContaining({ route: "get /customers/search", status: 200 }) }),
		);
		for (const secret of [PASSWORD, data.accessToken, data.refreshToken, email]) expect(log).not.toContain(secret);
	});
});

describe("pages of other origins", () => {
	const origin = "https://shop.example.com";
	const ask = async (allowedOrigins: "all" | readonly string[], method: string, from = origin) => {
		const office = await Office.open({ allowedOrigins });
		return office.ask(method, "/api/customers", { origin: from, "access-control-request-method": "POST" });
	};

	test("that are allowed may ask, and read answers", async () => {
		for (const allowed of ["all", [origin]] as const) {
			const preflight = await ask(allowed, "OPTIONS");
			expect(preflight.status).toBe(204);
			expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
			expect(preflight.headers.get("access-control-allow-headers")).toMatch(/Authorization.*Idempotency-Key.*If-Match/);
			const answer = await ask(allowed, "GET");
			expect(answer.status).toBe(401);
			expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
			expect(answer.headers.get("access-control-expose-headers")).toMatch(/ETag.*Retry-After/);
			expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
		}
	});

	test("that aren't may not", async () => {
		const preflight = await ask([origin], "OPTIONS", "https://evil.example.com");
		expect(await problem(preflight)).toMatchObject({ code: "origin_forbidden", status: 403 });
		expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
		expect((await ask([], "GET")).headers.get("access-control-allow-origin")).toBeNull();
	});
});

/** The status of a post whose length isn't told. */
function chunked({ url }: Office, token: string, body: string): Promise<number | undefined> {
	return new Promise((resolve, reject) => {
		const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
		const request = httpRequest(`${url}/api/customers`, { method: "POST", headers }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		});
		request.on("error", reject);
		request.write(body);
		request.end();
	});
}
