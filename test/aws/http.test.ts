import { expect, test } from "@jest/globals";
import type { HttpEvent } from "../../src/aws/events.js";
import { pathOf, requestOf, resultOf } from "../../src/aws/http.js";

function event(given: Partial<HttpEvent> & { method?: string; stage?: string } = {}): HttpEvent {
	const { method = "GET", stage = "$default", ...rest } = given;
	return {
		rawPath: "/api/customers",
		headers: { Host: "api.example.com", Authorization: "Bearer t" },
		requestContext: { stage, domainName: "api.example.com", http: { method, sourceIp: "192.0.2.1" } },
		...rest,
	};
}

test("an event becomes the request that it stands for", async () => {
	const request = requestOf(
		event({
			method: "POST",
			rawQueryString: "a=1&a=2",
			body: Buffer.from("é").toString("base64"),
			isBase64Encoded: true,
		}),
	);
	expect(request.url).toBe("https://api.example.com/api/customers?a=1&a=2");
	expect(request.method).toBe("POST");
	expect(request.headers.get("authorization")).toBe("Bearer t");
	expect(await request.text()).toBe("é");
	expect(requestOf(event({ body: "" })).body).toBeNull();
});

test.each([
	["$default", "/api/x", "/api/x"],
	["prod", "/prod/api/x", "/api/x"],
	["prod", "/prod", "/"],
	["prod", "/production/x", "/production/x"],
])("of stage %s the path %s is %s", (stage, rawPath, path) => {
	expect(pathOf(event({ stage, rawPath }))).toBe(path);
});

test("text stays readable, the rest is base64", async () => {
	const json = new Response('{"a":"é"}', { status: 201, headers: { "Content-Type": "application/problem+json" } });
	expect(await resultOf(json)).toEqual({
		statusCode: 201,
		headers: { "content-type": "application/problem+json" },
		body: '{"a":"é"}',
		isBase64Encoded: false,
	});
	const bytes = new Response(new Uint8Array([0, 255]), { headers: { "Content-Type": "image/png" } });
	expect(await resultOf(bytes)).toMatchObject({ body: "AP8=", isBase64Encoded: true });
	const packed = new Response("x", { headers: { "Content-Type": "text/css", "Content-Encoding": "gzip" } });
	expect(await resultOf(packed)).toMatchObject({ isBase64Encoded: true });
	expect(await resultOf(new Response(null, { status: 204 }))).toMatchObject({ statusCode: 204, body: "" });
});
