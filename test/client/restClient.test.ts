import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { expectTypeOf } from "expect-type";
import { ApiError, dataOf, restClient } from "stentor-chat-router/client";
import type { Customer } from "../../src/crm/customers/records.js";
import { APP, Office, OTHER_APP } from "../crm/http/given.js";

const ADA = { email: "ada@example.com", name: "Ada" };

describe("the client of the REST API", () => {
	test("knows what each route takes and answers", async () => {
		const office = await Office.open();
		const client = restClient({ url: office.url, token: await office.staff() });
		const made = await dataOf(client.api.customers.$post({ json: ADA, header: { "Idempotency-Key": "one" } }));
		expectTypeOf(made).toEqualTypeOf<Customer>();
		expect(made).toMatchObject(ADA);
		const listed = await dataOf(client.api.customers.$get({ query: { limit: 1 } }));
		expectTypeOf(listed).toEqualTypeOf<readonly Customer[]>();
		expect(listed).toEqual([made]);
		const put = () =>
			// @ts-expect-error: a customer has no such field
			dataOf(client.api.customers[":id"].$put({ param: { id: made.id }, json: { nickname: "A" } }));
		await expect(put()).rejects.toMatchObject({ fields: [{ in: "body", field: "nickname" }] });
		// @ts-expect-error: there's no such route
		expectTypeOf(client.api.nothing);
	});

	test("throws what went wrong, with its code, its fields and when to try again", async () => {
		const office = await Office.open({
			limits: { perActor: { perSecond: 1, burst: 1 }, perAddress: { perSecond: 99, burst: 99 } },
		});
		const { api } = restClient({ url: office.url, token: await office.staff() });
		const get = () => dataOf(api.customers[":id"].$get({ param: { id: "nobody" } }));
		const error: unknown = await get().catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(ApiError);
		expect(error).toMatchObject({ status: 404, code: "customer_unknown", retryable: false });
		expect((error as ApiError).requestId).toMatch(/^[\w-]{22}\.[0-9a-z]+$/);
		await expect(get()).rejects.toMatchObject({ code: "rate_limited", retryable: true, retryAfterSeconds: 1 });
	});

	test("gets no content as undefined, and asks for its token each time", async () => {
		const office = await Office.open();
		const { id, token } = await office.agent({ role: "admin" });
		let current: string | undefined;
		const { api } = restClient({ url: office.url, token: async () => current });
		await expect(dataOf(api.me.$get())).rejects.toMatchObject({ code: "token_required" });
		current = token;
		expect(await dataOf(api.agents[":id"].revoke.$post({ param: { id } }))).toBeUndefined();
	});

	test("says which app it means", async () => {
		const office = await Office.open();
		const { token } = await office.agent({ app: OTHER_APP });
		const meant = (appId?: string) => dataOf(restClient({ url: office.url, token, appId }).api.me.$get());
		expect(await meant(OTHER_APP)).toMatchObject({ appId: OTHER_APP });
		await expect(meant(APP)).rejects.toMatchObject({ status: 401 });
	});
});

describe("an answer that isn't the API's", () => {
	const proxy = createServer((_, response) =>
		response.writeHead(502, { "Retry-After": "7" }).end("<h1>Bad gateway</h1>"),
	);
	let url = "";
	beforeAll(async () => {
		await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
		url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
	});
	afterAll(() => new Promise((resolve) => proxy.close(resolve)));

	test("is an error too, without a code", async () => {
		await expect(dataOf(restClient({ url }).api.me.$get())).rejects.toMatchObject({
			status: 502,
			code: undefined,
			retryable: true,
			retryAfterSeconds: 7,
		});
	});
});

test("is small, and nothing of the server's comes along into a browser", async () => {
	const { outputFiles, metafile } = await build({
		entryPoints: ["src/client/index.ts"],
		bundle: true,
		minify: true,
		platform: "browser",
		format: "esm",
		write: false,
		metafile: true,
	});
	const inputs = Object.keys(metafile.inputs).filter((file) => !file.startsWith("node_modules/hono/"));
	expect(inputs.every((file) => file.startsWith("src/client/"))).toBe(true);
	expect(outputFiles[0]?.contents.length).toBeLessThan(8_000);
});
